export { canGoOn, removeRun } from './earlier-run.js';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.js';
export {
  type FailedFile,
  type ImageToLabel,
  type LabelledFile,
  labelImage,
  type PictureKind,
  pictureKinds,
} from './label-image.js';
export { listImages } from './list-images.js';
export { loadModel, readModel, readModelFile } from './load-model.js';
export { readTrainConfig } from './read-config.js';
export { colorize, heatmap, heatmapStops, overlay } from './render.js';
export { type SegmentFilesOptions, type SegmentFilesReport, segmentFiles } from './segment-files.js';
export { reducedTo } from './segment-reduced.js';
export { type SubmissionOptions, writeSubmission } from './submission.js';
export {
  resumeTraining,
  type TrainResult,
  train,
} from './train.js';
export type { TrainEvent, TrainHooks } from './train-events.js';
export type { TrainRequest } from './train-request.js';
