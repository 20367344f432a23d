/**
 * `hmsa/node`: image files, data sets on disk, sessions in worker threads, and the commands as functions. What has a name
 * here is public; everything else may change without notice.
 */
export type { AssessOptions, TakenData } from './assess/index.js';
export {
  type DatasetKind,
  datasetKinds,
  type Fault,
  type FaultKind,
  FileDataset,
  type FileDatasetParts,
  type FileKind,
  type FileTree,
  type GeneratedKind,
  type Item,
  type LabelEvidence,
  type OpenOptions,
  openDataset,
  writeCityscapesSubmission,
} from './datasets/index.js';
export { type ComparedResult, type DemoOptions, type DemoReport, demo, type Shown } from './demo/index.js';
export { type FileContent, writeFileAtomic, writeJsonAtomic } from './files/index.js';
export {
  type DecodeOptions,
  decodeImage,
  decodeLabels,
  encodePng,
  type ImageSource,
  imageSize,
  type PhotoDoubt,
  type Pixels,
  type PngOptions,
  photoDoubts,
  type RgbImage,
} from './images/index.js';
export {
  describeModel,
  describeShippedModel,
  describeSystem,
  type ModelReport,
  type ShippedModelReport,
  type SystemReport,
} from './info/index.js';
export {
  type GalleryPicture,
  type Inspection,
  type InspectOptions,
  type InspectReport,
  inspect,
  inspectPage,
  type SizeCount,
  type SplitReport,
} from './inspect/index.js';
export {
  type ClassShare,
  changesCrop,
  classShares,
  colorize,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type FailedFile,
  fittingCrop,
  heatmap,
  type LabelledFile,
  type LeftOutFile,
  LoadedModel,
  loadModel,
  openScoringData,
  overlay,
  type PictureKind,
  pictureKinds,
  type ResumeChanges,
  readModel,
  readTrainConfig,
  resumeTraining,
  type ScoringData,
  type SegmentFilesOptions,
  type SegmentFilesReport,
  type SubmissionOptions,
  segmentFiles,
  type TrainEvent,
  type TrainHooks,
  type TrainRequest,
  type TrainResult,
  train,
  withLegend,
  writeSubmission,
} from './jobs/index.js';
export {
  type LoadedBatch,
  Loader,
  type LoaderOptions,
  type LoaderReport,
  openLoader,
  type SkippedSample,
} from './loader/index.js';
export {
  type AugmentPresetName,
  augmentPresetNames,
  openPreviewData,
  type Preview,
  type PreviewData,
  type PreviewedSample,
  type PreviewOptions,
  writePreview,
} from './preview/index.js';
export { type DeviceReport, listDevices, openSession, openSessionInThread } from './session/index.js';
export { readShippedModel, type ShippedModel, shippedModel } from './shipped-model/index.js';
export { type WriteSyntheticOptions, writeSyntheticDataset } from './synthetic/index.js';
export { version } from './version.js';
