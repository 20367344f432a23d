export { checkClasses, checkColors, checkDataset, checkSegmenter, checkText, checkTexts } from './check.js';
export { callback, checkNamed, flag, type Shape, signal, text } from './options.js';
