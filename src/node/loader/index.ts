export type { SkippedSample } from '../../data/batches/index.js';
export type { ClassIndexOptions } from './class-index.js';
export { type LoadedBatch, Loader, type LoaderReport, openLoader } from './loader.js';
export type { LoaderOptions } from './options.js';
