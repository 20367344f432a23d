export { reportCharts } from './charts.js';
export type { ReportedImage, ReportedPicture } from './images-section.js';
export { type LivePictures, liveContent, livePage, liveScript } from './live-page.js';
export { type Report, reportPage } from './report-page.js';
export type { RunView, StepPoint, ValidationPoint } from './run-view.js';
export type { ReportedScores } from './scores.js';
