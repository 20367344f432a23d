export { type Generator, generator, KEY_WORDS, type KeyPart, keyWords } from './generator.js';
export { bell, bellQuantiles, hash32 } from './hash.js';
