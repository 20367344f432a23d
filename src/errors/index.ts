export { type ErrorParts, HmsaError } from './hmsa-error.js';
