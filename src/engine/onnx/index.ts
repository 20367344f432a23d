export { compile } from './compile.js';
export { lower } from './lower.js';
