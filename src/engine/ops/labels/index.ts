export { argmax } from './argmax.js';
export { gatherClass } from './gather-class.js';
export { notIgnored } from './known.js';
export { oneHot } from './one-hot.js';
