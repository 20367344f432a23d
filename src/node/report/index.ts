export { type ComparisonReport, type ComparisonReportOptions, compareReport } from './comparison-report.js';
export { type FigureOptions, figure } from './figure.js';
export { type Figure, figurePng, writeFigures } from './figures.js';
export { type MadeReport, makeReport, type ReportHooks, type ReportRequest } from './report.js';
