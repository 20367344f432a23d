export { checkText } from '../../base/errors/index.js';
export { callback, checkNamed, flag, type Shape, signal, text } from '../../base/schema/index.js';
export { checkClasses, checkDataset } from '../../data/index.js';
export { checkSegmenter } from '../../prediction/index.js';
