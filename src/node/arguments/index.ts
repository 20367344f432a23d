export { checkClasses, checkDataset, checkSegmenter, checkText } from './check.js';
export { callback, checkNamed, flag, type Shape, signal, text } from './options.js';
