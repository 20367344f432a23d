export { checkFreeSpace } from './disk.js';
export {
  encodeDepth,
  encodeJpeg,
  encodePng,
  type PngOptions,
  rasterized,
  reducedTo,
  resizeToWidth,
  withLegend,
  withScaleBar,
} from './encode.js';
export { type ImageInput, readImage } from './input.js';
export { decodeLabels } from './label.js';
export { encodedLabels, encodeRows, openLargePhoto } from './large.js';
export { decodeImage, decodePhoto, imageSize, type Photo, type PhotoDoubt, photoDoubts } from './photo.js';
export { piecesWithSoftware, withSoftware } from './png.js';
export { encodedPyramid, encodePyramid } from './pyramid.js';
export { bytesOfPixel, type RawForm, RawImage } from './raw-image.js';
export { softwareOf } from './software.js';
export type { DecodeOptions, FileOrBytes, ImageSource } from './source.js';
