import * as Plot from '@observablehq/plot';
import type { Chart } from './chart.js';
import { chart, curveColors } from './plot.js';

/** Pixels of an interval of confidence; see `Calibration` of the diagnosis. */
export interface ConfidenceBin {
  readonly pixels: number;
  readonly confidence: number;
  readonly accuracy: number;
}

/** How often the model is right, by how sure it is. The size of a point grows with its share of the pixels. */
export function calibrationCurve(bins: readonly ConfidenceBin[]): Chart {
  const total = bins.reduce((sum, { pixels }) => sum + pixels, 0);
  const data = bins
    .filter(({ pixels }) => pixels > 0)
    .map(({ confidence, accuracy, pixels }) => ({
      confidence: 100 * confidence,
      accuracy: 100 * accuracy,
      share: pixels / total,
      title: `confidence ${(100 * confidence).toFixed(1)} %, right ${(100 * accuracy).toFixed(1)} %, ${((100 * pixels) / total).toFixed(1)} % of the pixels`,
    }));
  return chart('calibration: the share of right pixels by confidence', {
    height: 320,
    marginLeft: 52,
    marginRight: 24,
    marginBottom: 44,
    x: { label: 'confidence %', domain: [0, 100], ticks: 5, grid: true },
    y: { label: 'right %', domain: [0, 100], ticks: 5, grid: true },
    r: { domain: [0, 1], range: [2.5, 16] },
    marks: [
      Plot.line(
        [
          [0, 0],
          [100, 100],
        ],
        { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '4,4' },
      ),
      Plot.line(data, { x: 'confidence', y: 'accuracy', stroke: curveColors[0], strokeWidth: 1.6 }),
      Plot.dot(data, {
        x: 'confidence',
        y: 'accuracy',
        r: 'share',
        fill: curveColors[0],
        fillOpacity: 0.8,
        title: 'title',
      }),
    ],
  });
}
