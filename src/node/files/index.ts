export { appendToFile, type FileContent, makeFolder, writeFileAtomic, writeJsonAtomic } from './atomic.js';
export {
  DEFAULT_BYTE_LIMIT,
  type ReadOptions,
  readIfThere,
  readJsonFile,
  readRegularFile,
  readTextFile,
  withRegularFile,
} from './read.js';
export { readWeightFile } from './read-weights.js';
