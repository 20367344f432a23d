export {
  describeUnknown,
  type FileDatasetParts,
  FolderDataset,
  partsOf,
  unknownRemedy,
} from './folder-dataset.js';
export {
  isRemark,
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
  devNote,
  holdOutNote,
  isHeldOut,
  isSplitFile,
  isSplitWord,
  selectItems,
  splitWords,
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
