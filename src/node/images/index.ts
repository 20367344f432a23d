export {
  checkedPixels,
  encodeJpeg,
  encodePng,
  type Pixels,
  type PngOptions,
  reducedTo,
  resizeToWidth,
} from './encode.js';
export { decodeLabels } from './label.js';
export { decodeImage, imageSize, type RgbImage } from './photo.js';
export { type PhotoDoubt, photoDoubts } from './photo-doubts.js';
export { softwareOf } from './png-chunks.js';
export { type DecodeOptions, type ImageSource, isImageSource } from './source.js';
