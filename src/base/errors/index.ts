export {
  checkArgument,
  checkSignal,
  checkText,
  checkTexts,
  isObject,
  isRecord,
  isSignal,
  shown,
} from './arguments.js';
export { type ErrorParts, HmsaError } from './hmsa-error.js';
export { nearName, suggest } from './near-name.js';
export { printable } from './printable.js';
export { withFile } from './with-file.js';
