export type { GalleryPicture } from './gallery.js';
export { type Inspection, type InspectOptions, inspect } from './inspect.js';
export { inspectPage } from './page.js';
export type { InspectReport, SizeCount, SplitReport } from './report.js';
