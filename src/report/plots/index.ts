export { calibrationCurve } from './calibration.js';
export { CHART_WIDTH, type Chart, chart, curveColors } from './chart.js';
export {
  classBars,
  confusionMap,
  MOST_CONFUSED,
  percent,
  scaleColor,
  scaleShares,
  shortCount,
} from './classes.js';
export { type Curve, curveColor, curvesChart } from './curves.js';
export { outlined } from './outlined.js';
