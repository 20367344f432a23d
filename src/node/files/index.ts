export { runEndTasks } from './at-end.js';
export {
  appendToFile,
  explain,
  type FileContent,
  isTemporary,
  makeFolder,
  temporaryName,
  writeFileAtomic,
  writeJsonAtomic,
} from './atomic.js';
export { FolderLock } from './folder-lock.js';
export {
  DEFAULT_BYTE_LIMIT,
  type ReadOptions,
  readIfThere,
  readJsonFile,
  readRegularFile,
  readTextFile,
  withRegularFile,
} from './read.js';
export { readPublishedFile, readWeightFile } from './read-weights.js';
export { checkReplaceable } from './replaceable.js';
export { openScratchFile } from './scratch-file.js';
