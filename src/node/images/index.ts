export { encodeJpeg, encodePng, type Pixels, resizeToWidth } from './encode.js';
export { decodeLabels } from './label.js';
export { decodeImage, imageSize, type RgbImage } from './photo.js';
export { type PhotoDoubt, photoDoubts } from './photo-doubts.js';
export { DEFAULT_PIXEL_LIMIT, type DecodeOptions, type ImageSource } from './source.js';
