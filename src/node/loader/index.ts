export type { SkippedSample } from './job.js';
export { type LoadedBatch, Loader, type LoaderReport, openLoader } from './loader.js';
export type { LoaderOptions } from './options.js';
