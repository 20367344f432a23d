export { runEndTasks } from './at-end.js';
export {
  appendToFile,
  type FileContent,
  isTemporary,
  makeFolder,
  writeFileAtomic,
  writeJsonAtomic,
} from './atomic.js';
export { FolderLock } from './folder-lock.js';
export {
  DEFAULT_BYTE_LIMIT,
  type ReadOptions,
  readIfThere,
  readJsonFile,
  readPublishedFile,
  readRegularFile,
  readTextFile,
  readWeightFile,
  withRegularFile,
} from './read.js';
export { checkReplaceable } from './replaceable.js';
