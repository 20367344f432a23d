export {
  type AutolabelHooks,
  type AutolabelReport,
  autolabel,
  type FailedPhotograph,
} from './autolabel.js';
export { type PhotographWay, photographWays } from './photographs.js';
export type { AutolabelRequest } from './plan.js';
export type { AutolabelSummary, LabelledClass } from './summary.js';
export type { Threshold } from './thresholds.js';
