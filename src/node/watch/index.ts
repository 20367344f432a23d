export { keepingPictures } from './kept-pictures.js';
export { type Watched, type WatchOptions, watchRun } from './watch-run.js';
