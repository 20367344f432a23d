export { ConfusionMatrix } from './confusion-matrix.js';
export {
  checkEvaluateOptions,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  hasClassesOf,
  scoredClasses,
} from './evaluate.js';
export { type ClassMetrics, imageMeanIoU, type Metrics, metricsOf } from './metrics.js';
export { RowBaseline } from './row-baseline.js';
export { type Score, Scorer } from './scorer.js';
