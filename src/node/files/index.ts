export { atEnd, runEndTasks } from './at-end.js';
export {
  appendToFile,
  explain,
  explainStdout,
  type FileContent,
  isTemporary,
  makeFolder,
  temporaryName,
  writeFileAtomic,
  writeJsonAtomic,
} from './atomic.js';
export { FolderLock } from './folder-lock.js';
export {
  type FileFormat,
  FORMAT_BYTES,
  formatOf,
  otherEndings,
  rawEndings,
  readableEndings,
} from './format.js';
export { localPath, withLocalPaths } from './local-path.js';
export { obstacleTo } from './place.js';
export {
  DEFAULT_BYTE_LIMIT,
  isWebAddress,
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
export { openScratchFile } from './scratch-file.js';
