export type { EvaluateOptions } from '../../evaluation/index.js';
export type { TrainEvent, TrainHooks, TrainResult } from '../../training/run/index.js';
export {
  type AblationChoices,
  type AblationHooks,
  type AblationPart,
  type AblationProgress,
  ablationParts,
  armConfigs,
  runAblation,
} from './ablation/index.js';
export {
  type CalibrateHooks,
  type CalibrateOptions,
  type CalibrateReport,
  type CalibrateRequest,
  calibrateModel,
} from './calibrate.js';
export { type ComparedOn, type CompareRequest, type ComparisonHooks, compare, compareOn } from './compare.js';
export { canGoOn, removeRun } from './earlier-run.js';
export { type Evaluation, evaluate } from './evaluate.js';
export {
  type ExportedFile,
  type ExportedOnnx,
  type ExportedTorch,
  type ExportOnnxFileOptions,
  type ExportTorchFileOptions,
  exportOnnxFile,
  exportTorchFile,
} from './export-model.js';
export { fitTraining, fittedText } from './fit-training.js';
export { fittingCrop } from './fitting-crop.js';
export { type ImportedFile, type ImportWeightsOptions, importWeights } from './import-weights.js';
export {
  type FailedFile,
  type ImageToLabel,
  type LabelledFile,
  labelImage,
} from './label-image.js';
export { type LeftOutFile, listImages } from './list-images.js';
export { type LoadOptions, loadedModel, loadModel, readModel, readModelFile } from './load-model.js';
export { type EachSegmented, LoadedModel, type SegmentManyOptions } from './loaded-model.js';
export { type MoreRequest, mixed, openMoreData } from './mixed-training-data.js';
export { type PictureKind, pictureKinds, type SingleKind } from './outputs.js';
export {
  type ClassLoss,
  type QuantizeHooks,
  type QuantizeOptions,
  type QuantizeReport,
  type QuantizeRequest,
  quantizeModel,
} from './quantize/index.js';
export { changesCrop, changesKey, readTrainConfig } from './read-config.js';
export { checkInit } from './run-platform.js';
export { openScoringData, type ScoringData } from './scoring-data.js';
export {
  type SegmentFilesOptions,
  type SegmentFilesReport,
  type SkippedFile,
  segmentFiles,
} from './segment-files.js';
export { type SaveOptions, SegmentedImage } from './segmented-image.js';
export { type SubmissionOptions, writeSubmission } from './submission.js';
export { resumeTraining, train } from './train.js';
export { moreShape, type ResumeChanges, type TrainRequest } from './train-request.js';
