export { channelsOf, checkColors, checkPixels, type Pixels } from './pixels.js';
