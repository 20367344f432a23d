export {
  encodeDepth,
  encodeJpeg,
  encodePng,
  type PngOptions,
  reducedTo,
  resizeToWidth,
  withLegend,
  withScaleBar,
} from './encode.js';
export { FORMAT_BYTES, formatOf, otherEndings, rawEndings, readableEndings } from './format.js';
export { type ImageInput, readImage } from './input.js';
export { decodeLabels } from './label.js';
export { encodedLabels, encodePyramid, encodeRows, openLargePhoto } from './large.js';
export { decodeImage, decodePhoto, imageSize, type Photo, type PhotoDoubt, photoDoubts } from './photo.js';
export { piecesWithSoftware, softwareOf, withSoftware } from './png.js';
export { RawImage } from './raw-image.js';
export type { DecodeOptions, ImageSource } from './source.js';
