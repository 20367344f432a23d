export {
  encodeJpeg,
  encodePng,
  type PngOptions,
  reducedTo,
  resizeToWidth,
} from './encode.js';
export { decodeLabels } from './label.js';
export { withLegend, withScaleBar } from './legend.js';
export { decodeImage, imageSize } from './photo.js';
export { type PhotoDoubt, photoDoubts } from './photo-doubts.js';
export { softwareOf } from './png-chunks.js';
export { type DecodeOptions, type ImageSource, isImageSource } from './source.js';
