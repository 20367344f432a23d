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
export { counted } from './counted.js';
export { type ErrorParts, HmsaError } from './hmsa-error.js';
export { nearName, suggest } from './near-name.js';
export { printable } from './printable.js';
export { program } from './program.js';
export { withFile } from './with-file.js';
