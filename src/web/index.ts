/**
 * `hmsa/web`: models in a page. They are computed in a worker, by onnxruntime-web, on the graphics card or the CPU. The files
 * beside this module are all that it needs; see docs/browser.md.
 */
export { HmsaError } from '../base/errors/index.js';
export type { ClassMap, Rgb, Size } from '../data/index.js';
export type { MaxSide, ScaleSegmentation, Segmentation } from '../prediction/index.js';
export { type LoadModelOptions, loadModel, WebModel, type WebSegmentOptions } from './load-model.js';
export type { Picture } from './picture.js';
export type { Progress, TuningStep, WebDevice } from './protocol.js';
export { type TuneOptions, Tuner, type TunerOptions } from './tuner.js';
