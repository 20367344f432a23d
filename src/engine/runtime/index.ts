export { checkArrays, describe as describeTensor } from './check-arrays.js';
export { createSession } from './create-session.js';
export { discard } from './discard.js';
export { checkOptions } from './ort-options.js';
export type { OrtModule } from './ort-types.js';
export type {
  Device,
  NamedArrays,
  RunOptions,
  Session,
  SessionInfo,
  SessionOptions,
  SiblingOptions,
  TensorInfo,
  TransferOption,
} from './session.js';
export { DEVICES, MOST_THREADS } from './session.js';
export { checkOutputs, checkStateNames, disposedError } from './session-checks.js';
export { copyArray, takeOver } from './tensors.js';
