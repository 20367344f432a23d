export { type DeviceReport, listDevices } from './devices.js';
export { openSessionInThread } from './load-runtime.js';
export { openSession, startSessionAhead } from './open-session.js';
