export type { Fault } from '../../data/files/index.js';
export type { LabelEvidence } from '../../data/labels/index.js';
export {
  type FileDatasetParts,
  type GeneratedKind,
  isSplitFile,
  type OpenOptions,
  openOptionsShape,
} from '../../data/pairs/index.js';
export { writeCityscapesSubmission } from './cityscapes-submission.js';
export { openDatasetModule, withModuleUrl } from './dataset-module.js';
export { withSlashes } from './disk.js';
export { FileDataset } from './file-dataset.js';
export { mixDatasets } from './mixed.js';
export { type DatasetKind, datasetKinds, type FileKind, openDataset, parseSpec } from './open.js';
