import {
  type Chart,
  calibrationCurve,
  classBars,
  confusionMap,
  curveColor,
  type Key,
  MOST_CONFUSED,
  scaleColor,
  scaleShares,
  titled,
} from '../plots/index.js';
import type { Report } from './report-page.js';
import { trainingCharts } from './training-section.js';

/** The charts of a report by name, as drawings of their own, each with its heading and the meaning of its colours. */
export function reportCharts({
  run,
  scores,
}: Pick<Report, 'run' | 'scores'>): ({ readonly name: string } & Chart)[] {
  const charts: ({ readonly name: string } & Chart)[] = [];
  const add = (name: string, heading: string, chart: Chart, keys: readonly Key[] = []) =>
    charts.push({ name, ...titled(chart, heading, keys) });
  for (const { name, heading, chart, curves } of run === undefined ? [] : trainingCharts(run)) {
    const keys = curves.map((curve, index) => ({ name: curve, color: curveColor(index) }));
    add(name, heading, chart, keys);
  }
  if (scores === undefined) return charts;
  const { classes, classIoU, classPixels, confusion, calibration, scaleFindings = [] } = scores;
  add('class-iou', 'IoU of each class', classBars(classes, classIoU, classPixels));
  if (confusion !== undefined && classes.names.length <= MOST_CONFUSED)
    add('confusion', 'Confusion matrix: % of each true class', confusionMap(classes.names, confusion));
  if (calibration !== undefined)
    add('calibration', 'Right by confidence', calibrationCurve(calibration.bins));
  const shares = scaleFindings.map(({ classShare }) => classShare);
  if (shares.length > 1 && shares.every((share) => share !== undefined)) {
    const scales = scaleFindings.map(({ scale }) => scale);
    const keys = scales.map((scale, index) => ({ name: `scale ${scale}`, color: scaleColor(index) }));
    add(
      'scale-shares',
      'Share of each scale by true class',
      scaleShares(classes.names, scales, shares),
      keys,
    );
  }
  return charts;
}
