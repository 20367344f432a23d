export { changesSchema } from './changes-schema.js';
export { checkSchema } from './check.js';
export { everyKey, type SchemaKey } from './every-key.js';
export { expectation } from './expectation.js';
export { type KeyRow, keyRows } from './key-rows.js';
export { callback, checkNamed, flag, type Shape, signal, text } from './named.js';
export type { Plain } from './plain.js';
