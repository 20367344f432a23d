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
export { counted, type ErrorParts, HmsaError, printable, program, withFile } from './hmsa-error.js';
export { checkOptionNames, nearName, suggest } from './near-name.js';
