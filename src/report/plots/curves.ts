import * as Plot from '@observablehq/plot';
import { type Chart, chart, curveColors } from './chart.js';

/** A curve over the steps of training. */
export interface Curve {
  readonly name: string;
  /** In ascending order of x; a y that is not finite leaves a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface CurveOptions {
  /** Steps at which something began, such as a phase. */
  readonly marks?: readonly number[];
  /** For values of several orders of magnitude, all above 0. */
  readonly isLog?: boolean;
  /** 0 … 1 in percent. */
  readonly isShare?: boolean;
  /** The range of steps; default: that of the points. */
  readonly steps?: readonly [number, number];
  /** Marks each point, for curves of few. */
  readonly hasDots?: boolean;
}

/** More points than a screen has columns show nothing more. */
const MOST_POINTS = 400;

/** Curves over the steps, each in a colour of its own; see {@link curveColor}. */
export function curvesChart(label: string, curves: readonly Curve[], options: CurveOptions = {}): Chart {
  const { marks = [], isLog = false, isShare = false, steps, hasDots = false } = options;
  const data = curves.flatMap(({ name, points }, index) =>
    thinned(points).map(([step, value]) => ({
      step,
      value: Number.isFinite(value) ? (isShare ? 100 * value : value) : Number.NaN,
      name,
      color: curveColor(index),
    })),
  );
  const text = (one: (typeof data)[number]) =>
    `${one.name}, step ${one.step}: ${Number(one.value.toPrecision(4))}${isShare ? ' %' : ''}`;
  return chart(label, {
    height: 220,
    marginLeft: 52,
    marginRight: 16,
    marginBottom: 44,
    x: { label: 'step', ticks: 5, ...(steps && { domain: [...steps] }) },
    y: {
      label: isShare ? '%' : null,
      grid: true,
      nice: true,
      ticks: isLog ? decades(data) : 5,
      ...(isLog && { type: 'log', tickFormat: 'e' }),
    },
    marks: [
      Plot.ruleX([...marks], { stroke: 'currentColor', strokeOpacity: 0.35, strokeDasharray: '3,3' }),
      Plot.lineY(data, { x: 'step', y: 'value', z: 'name', stroke: 'color', strokeWidth: 1.6 }),
      ...(hasDots || data.length === curves.length
        ? [Plot.dot(data, { x: 'step', y: 'value', fill: 'color', r: 3, title: text })]
        : []),
    ],
  });
}

export function curveColor(index: number): string {
  return curveColors[index % curveColors.length]!;
}

/** The powers of ten within the values. */
function decades(data: readonly { readonly value: number }[]): number[] {
  const logs = data.map(({ value }) => Math.log10(value));
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
}

/** At most {@link MOST_POINTS}: the mean of each group of neighbours, at the place of its last. */
function thinned(points: Curve['points']): Curve['points'] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, group) => {
    const part = points.slice(group * size, (group + 1) * size);
    const mean = part.reduce((sum, [, y]) => sum + y, 0) / part.length;
    return [part.at(-1)![0], mean] as const;
  });
}
