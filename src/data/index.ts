export { type Batch, type ClassMap, type Dataset, type Rgb, type Sample, VOID } from './contracts.js';
export type { ColorImage, IndexImage, LabelImage } from './label-image.js';
