export { createSession } from './create-session.js';
export { checkOptions } from './ort-options.js';
export type {
  OrtInferenceSession,
  OrtModule,
  OrtSessionOptions,
  OrtTensor,
  OrtValueMetadata,
} from './ort-types.js';
export { QueuedSession } from './queued-session.js';
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
export { copyArray, mapValues, takeOver } from './tensors.js';
