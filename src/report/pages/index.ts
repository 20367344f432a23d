export { comparisonPage, type DifferingImage, wayName } from './compare-page.js';
export { type ComparedResult, readingOf } from './comparison.js';
export { type DemoPageContent, demoPage, type Shown } from './demo-page.js';
export { dataUrl, escapeHtml, htmlPage, isOwnPage, swatched } from './html.js';
export { type GalleryPicture, inspectPage } from './inspect-page.js';
export type { InspectReport, ReportedFault, SizeCount, SplitReport } from './inspect-report.js';
export { pageStyle } from './page-style.js';
