/** The jobs that label images. `hmsa segment` loads these alone: with all others it would start half as fast. */
export type { FailedFile, LabelledFile, LabelOptions } from './label-image.js';
export { isLargeImage, type LargeImage, labelledLargeImage } from './label-large-image.js';
export type { LeftOutFile } from './list-images.js';
export { loadModel } from './load-model.js';
export type { LoadedModel } from './loaded-model.js';
export { type PictureKind, pictureKinds, type SingleKind } from './outputs.js';
export { readStream, type SkippedFile, segmentFiles } from './segment-files.js';
