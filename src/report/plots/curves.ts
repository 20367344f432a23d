import * as Plot from '@observablehq/plot';
import type { Chart } from './chart.js';
import { chart, curveColors } from './plot.js';

/** A curve over the steps of training. */
export interface Curve {
  readonly name: string;
  /** In ascending order of x; a y that is not finite leaves a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface CurveOptions {
  /** Steps at which something began, such as a phase, in ascending order. */
  readonly marks?: readonly { readonly at: number; readonly name: string }[];
  /** For values of several orders of magnitude, all above 0. */
  readonly isLog?: boolean;
  /** 0 … 1 in percent. */
  readonly isShare?: boolean;
  /** The range of steps; default: that of the points. */
  readonly steps?: readonly [number, number];
  /** Marks each point, for curves of few. */
  readonly hasDots?: boolean;
}

/** Fewer points of a curve than these are marked each. */
const FEW = 12;

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
      tickFormat: isLog ? 'e' : (value: number) => String(Number(value.toPrecision(4))),
      ...(isLog ? { type: 'log' } : flatDomain(data)),
    },
    marks: [
      Plot.ruleX(
        marks.flatMap(({ at }) => (at > 0 ? [at] : [])),
        { stroke: 'currentColor', strokeOpacity: 0.35, strokeDasharray: '3,3' },
      ),
      Plot.text(apart(marks, steps ?? [0, marks.at(-1)?.at ?? 0]), {
        x: 'at',
        text: 'name',
        frameAnchor: 'top-left',
        textAnchor: 'start',
        dx: 3,
        dy: -10,
        fontSize: 10,
        fillOpacity: 0.75,
      }),
      Plot.lineY(data, { x: 'step', y: 'value', z: 'name', stroke: 'color', strokeWidth: 1.6 }),
      ...(hasDots || data.length <= FEW * curves.length
        ? [Plot.dot(data, { x: 'step', y: 'value', fill: 'color', r: 3, title: text })]
        : []),
    ],
  });
}

export function curveColor(index: number): string {
  return curveColors[index % curveColors.length]!;
}

/** The marks whose names have room: each is drawn from its place to the next that is. */
function apart(
  marks: NonNullable<CurveOptions['marks']>,
  [first, last]: readonly [number, number],
): NonNullable<CurveOptions['marks']> {
  const letter = (last - first) / 62;
  let free = Number.NEGATIVE_INFINITY;
  return marks.filter(({ at, name }) => {
    if (at < free) return false;
    free = at + letter * (name.length + 1);
    return true;
  });
}

/** A range around values that are all the same, whose ticks would have as many digits as they. */
function flatDomain(data: readonly { readonly value: number }[]): { readonly domain?: [number, number] } {
  const values = data.map(({ value }) => value).filter(Number.isFinite);
  const [first = 0] = values;
  // Means of equal values differ in their last digits.
  if (values.some((value) => Math.abs(value - first) > 1e-6 * Math.abs(first))) return {};
  return { domain: first === 0 ? [0, 1] : first > 0 ? [0, 2 * first] : [2 * first, 0] };
}

/** The powers of ten within the values, not more than an axis has room for. */
function decades(data: readonly { readonly value: number }[]): number[] {
  const logs = data.map(({ value }) => Math.log10(value)).filter(Number.isFinite);
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  const every = Math.ceil((high - low + 1) / 8);
  return Array.from({ length: Math.ceil((high - low + 1) / every) }, (_, i) => 10 ** (low + every * i));
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
