import {
  type Chart,
  calibrationCurve,
  classBars,
  confusionMap,
  MOST_CONFUSED,
  scaleShares,
} from '../plots/index.js';
import type { Report } from './report-page.js';
import { trainingCharts } from './training-section.js';

/** The charts of a report by name, as drawings of their own. */
export function reportCharts({
  run,
  scores,
}: Pick<Report, 'run' | 'scores'>): ({ readonly name: string } & Chart)[] {
  const charts: ({ readonly name: string } & Chart)[] = [];
  const add = (name: string, chart: Chart) => charts.push({ name, ...chart });
  if (run !== undefined) for (const { name, chart } of trainingCharts(run)) add(name, chart);
  if (scores === undefined) return charts;
  const { classes, classIoU, classPixels, confusion, calibration, scaleFindings = [] } = scores;
  add('class-iou', classBars(classes, classIoU, classPixels));
  if (confusion !== undefined && classes.names.length <= MOST_CONFUSED)
    add('confusion', confusionMap(classes.names, confusion));
  if (calibration !== undefined) add('calibration', calibrationCurve(calibration.bins));
  const shares = scaleFindings.map(({ classShare }) => classShare);
  if (shares.length > 1 && shares.every((share) => share !== undefined)) {
    const scales = scaleFindings.map(({ scale }) => scale);
    add('scale-shares', scaleShares(classes.names, scales, shares));
  }
  return charts;
}
