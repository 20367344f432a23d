export { classColor } from './class-entry.js';
export { type ClassFile, readClassFile } from './class-file.js';
