export { createSession } from './create-session.js';
export {
  checkOptions,
  type OrtInferenceSession,
  type OrtModule,
  type OrtSessionOptions,
  type OrtTensor,
  type OrtValueMetadata,
} from './ort.js';
export {
  DEVICES,
  type Device,
  MOST_THREADS,
  type NamedArrays,
  type RunOptions,
  type Session,
  type SessionInfo,
  type SessionOptions,
  type SiblingOptions,
  type TensorInfo,
  type TransferOption,
} from './session.js';
export { openWorkerSession, type SessionCalls, sessionHandlers } from './worker-session.js';
