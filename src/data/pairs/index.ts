export { describeUnknown, type FileDatasetParts, FolderDataset, partsOf } from './folder-dataset.js';
export {
  isRemark,
  isSplitWord,
  type ListedLabels,
  type ListLine,
  missingFaults,
  readings,
  readLines,
  readListed,
} from './lists.js';
export { noLabelAtAll, pairFiles, type SharedName } from './pair.js';
export { PathIndex } from './path-index.js';
export {
  holdOutNote,
  isHeldOut,
  isSplitFile,
  MissingSplitError,
  selectItems,
  splitNames,
  usualSplitName,
} from './splits.js';
export {
  type FileTree,
  type GeneratedKind,
  type Item,
  isTestSplit,
  type Layout,
  newSplits,
  type OpenOptions,
  openOptionsShape,
} from './tree.js';
