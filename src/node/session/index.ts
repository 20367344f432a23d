export { type DeviceReport, listDevices } from './devices.js';
export { openSessionInThread } from './in-thread.js';
export { openSession } from './open-session.js';
