export { type Generator, generator } from './generator.js';
export { bell, bellQuantiles, hash32 } from './hash.js';
export type { KeyPart } from './key.js';
export { KEY_WORDS, keyWords } from './words.js';
