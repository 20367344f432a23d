export {
  encodeJpeg,
  encodePng,
  type PngOptions,
  reducedTo,
  resizeToWidth,
  withLegend,
  withScaleBar,
} from './encode.js';
export { decodeLabels } from './label.js';
export { decodeImage, imageSize, type PhotoDoubt, photoDoubts } from './photo.js';
export { softwareOf } from './png.js';
export { type DecodeOptions, type ImageSource, isImageSource } from './source.js';
