/** The browser-safe public API of `hmsa`. */
export * from './data/index.js';
export { type ErrorParts, HmsaError } from './errors/index.js';
export * from './evaluate/index.js';
