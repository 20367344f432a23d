export { calibrationCurve } from './calibration.js';
export type { Chart } from './chart.js';
export { classBars, confusionMap, MOST_CONFUSED, percent, scaleColor, scaleShares } from './classes.js';
export { type Curve, curveColor, curvesChart } from './curves.js';
export { outlined } from './outlined.js';
export { type Key, titled } from './titled.js';
