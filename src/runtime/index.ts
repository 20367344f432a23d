export type { Device, Session, SessionOptions, TensorInfo } from './session.js';
