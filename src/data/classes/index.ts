export { classColor } from './class-entry.js';
export { type ClassFile, readClassFile } from './class-file.js';
export { isNumbered, numberedClasses } from './numbered.js';
