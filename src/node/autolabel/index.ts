export {
  type AutolabelHooks,
  type AutolabelReport,
  type AutolabelRequest,
  autolabel,
  type FailedPhotograph,
} from './autolabel.js';
export { type PhotographWay, photographWays } from './photographs.js';
export type { AutolabelSummary, LabelledClass } from './summary.js';
export type { Threshold } from './thresholds.js';
