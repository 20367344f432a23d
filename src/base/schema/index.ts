export { changesSchema } from './changes-schema.js';
export { callback, checkNamed, checkSchema, flag, type Plain, type Shape, signal, text } from './check.js';
export { expectation } from './expectation.js';
export { everyKey, type KeyRow, keyRows, type SchemaKey } from './keys.js';
