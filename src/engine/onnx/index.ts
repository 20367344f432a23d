export { compile } from './compile.js';
export { type FileNotes, lower } from './lower.js';
export { onnxMetadata } from './metadata.js';
