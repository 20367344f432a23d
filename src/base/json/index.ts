export { type JsonOptions, parseJson } from './parse-json.js';
