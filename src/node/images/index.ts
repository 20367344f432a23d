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
export { encodedLabels, encodePyramid, encodeRows, openLargePhoto } from './large.js';
export { decodeImage, imageSize, type PhotoDoubt, photoDoubts } from './photo.js';
export { piecesWithSoftware, softwareOf } from './png.js';
export { RawImage } from './raw-image.js';
export { type DecodeOptions, type ImageSource, isImageSource } from './source.js';
