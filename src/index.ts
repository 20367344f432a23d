/** The browser-safe public API of `hmsa`. */
export { type ErrorParts, HmsaError } from './errors/index.js';
