/**
 * `hmsa/node`: image files, data sets on disk, sessions in worker threads, and the commands as functions. What is exported
 * here is public; everything else may change without notice.
 */
export type { Pixels } from '../base/pixels.js';
export type { RawPixels } from '../base/raw-pixels.js';
export type { AssessOptions, TakenData } from '../data/assessment/index.js';
export type { MixedPart, MixOptions } from '../data/index.js';
export {
  type GalleryPicture,
  type InspectReport,
  inspectPage,
  type ReportedFault,
  type SizeCount,
  type SplitReport,
} from '../report/pages/index.js';
export {
  type ClassShare,
  classShares,
  colorize,
  heatmap,
  outline,
  overlay,
} from '../report/pictures/index.js';
export {
  type CocoFile,
  cocoFile,
  type PolygonFeature,
  type PolygonOptions,
  type Polygons,
  polygons,
  type Ring,
  type RunLengths,
  runLengths,
} from '../report/shapes/index.js';
export {
  type AutolabelHooks,
  type AutolabelReport,
  type AutolabelRequest,
  type AutolabelSummary,
  autolabel,
  type FailedPhotograph,
  type LabelledClass,
  type PhotographWay,
  photographWays,
  type Threshold,
} from './autolabel/index.js';
export {
  type DatasetKind,
  datasetKinds,
  type Fault,
  FileDataset,
  type FileDatasetParts,
  type GeneratedKind,
  type LabelEvidence,
  mixDatasets,
  type OpenOptions,
  openDataset,
  openDatasetModule,
  writeCityscapesSubmission,
} from './datasets/index.js';
export { type FileContent, writeFileAtomic, writeJsonAtomic } from './files/index.js';
export {
  type DecodeOptions,
  decodeImage,
  decodeLabels,
  encodePng,
  type ImageInput,
  type ImageSource,
  imageSize,
  type Photo,
  type PhotoDoubt,
  type PngOptions,
  photoDoubts,
  readImage,
  withLegend,
} from './images/index.js';
export {
  describeModel,
  describeShippedModel,
  describeSystem,
  type ModelReport,
  type ShippedModelReport,
  type SystemReport,
} from './info.js';
export { type Inspection, type InspectOptions, inspect } from './inspect/inspect.js';
export {
  type AblationChoices,
  type AblationHooks,
  type AblationPart,
  type AblationProgress,
  ablationParts,
  type CalibrateHooks,
  type CalibrateOptions,
  type CalibrateReport,
  type CalibrateRequest,
  type ClassLoss,
  type CompareRequest,
  type ComparisonHooks,
  calibrateModel,
  changesCrop,
  compare,
  type EachSegmented,
  type EvaluateOptions,
  type Evaluation,
  type ExportedFile,
  type ExportedOnnx,
  type ExportedTorch,
  type ExportOnnxFileOptions,
  type ExportTorchFileOptions,
  evaluate,
  exportOnnxFile,
  exportTorchFile,
  type FailedFile,
  fittingCrop,
  type ImportedFile,
  type ImportWeightsOptions,
  importWeights,
  type LabelledFile,
  type LeftOutFile,
  LoadedModel,
  type LoadOptions,
  loadModel,
  openScoringData,
  type PictureKind,
  pictureKinds,
  type QuantizeHooks,
  type QuantizeOptions,
  type QuantizeReport,
  type QuantizeRequest,
  quantizeModel,
  type ResumeChanges,
  readModel,
  readTrainConfig,
  resumeTraining,
  runAblation,
  type SaveOptions,
  type ScoringData,
  type SegmentedImage,
  type SegmentFilesOptions,
  type SegmentFilesReport,
  type SegmentManyOptions,
  type SingleKind,
  type SkippedFile,
  type SubmissionOptions,
  segmentFiles,
  type TrainEvent,
  type TrainHooks,
  type TrainRequest,
  type TrainResult,
  train,
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
  type PreviewDataOptions,
  type PreviewedSample,
  type PreviewOptions,
  writePreview,
} from './preview.js';
export {
  type ComparisonReport,
  type ComparisonReportOptions,
  compareReport,
  type Figure,
  type FigureOptions,
  figure,
  figurePng,
  type MadeReport,
  makeReport,
  type ReportHooks,
  type ReportRequest,
  writeFigures,
} from './report/index.js';
export {
  type RunningServer,
  type ServedRequest,
  type ServeLimits,
  type ServeOptions,
  serve,
} from './serve/index.js';
export { type DeviceReport, listDevices, openSession, openSessionInThread } from './session/index.js';
export { readShippedModel, type ShippedModel, shippedModel } from './shipped-model.js';
export { version } from './version.js';
export { keepingPictures, type Watched, type WatchOptions, watchRun } from './watch/index.js';
export { type WriteSyntheticOptions, writeSyntheticDataset } from './write-synthetic.js';
