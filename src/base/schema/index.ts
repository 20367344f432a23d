export { checkSchema } from './check.js';
export { expectation } from './expectation.js';
export { everyKey } from './look-up.js';
