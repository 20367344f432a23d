/** What `hmsa` adds in Node: image files, data sets on disk, sessions in worker threads. */
export { version } from './version.js';
