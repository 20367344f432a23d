export { type FileContent, writeFileAtomic, writeJsonAtomic } from './atomic.js';
