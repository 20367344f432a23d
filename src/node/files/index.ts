export { appendToFile, type FileContent, makeFolder, writeFileAtomic, writeJsonAtomic } from './atomic.js';
