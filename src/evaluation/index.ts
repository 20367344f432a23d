export { ConfusionMatrix } from './confusion-matrix.js';
export { type ClassMetrics, imageMeanIoU, type Metrics, metricsOf } from './metrics.js';
export { RowBaseline } from './row-baseline.js';
export { type Score, Scorer } from './scorer.js';
