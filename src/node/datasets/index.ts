export { mapBounded } from './bounded.js';
export { writeCityscapesSubmission } from './cityscapes-submission.js';
export { describeUnknown, FileDataset, type FileDatasetParts } from './file-dataset.js';
export { datasetKinds } from './kinds/index.js';
export { isInside, pathFrom, type System } from './names.js';
export { datasetOf, openDataset, parseSpec } from './open.js';
export { openOptionsShape } from './open-options.js';
export { holdOutNote, isHeldOut, isSplitFile, selectItems } from './splits.js';
export type {
  DatasetKind,
  Fault,
  FaultKind,
  FileKind,
  FileTree,
  GeneratedKind,
  Item,
  LabelEvidence,
  OpenOptions,
} from './tree.js';
