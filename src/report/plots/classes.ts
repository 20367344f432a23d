import * as Plot from '@observablehq/plot';
import { printable } from '../../base/errors/index.js';
import { type ClassMap, formatColor } from '../../data/index.js';
import type { Chart } from './chart.js';
import { chart, curveColors } from './plot.js';

/** Longer names of classes are cut in charts; tables have them whole. */
const LONGEST = 22;
const ROW = 22;

/** Names of classes for an axis: safe, cut, and each once. */
function axisNames(names: readonly string[]): string[] {
  const short = names.map((name) => printable(name, LONGEST));
  return short.map((name, id) => (short.indexOf(name) === id ? name : `${name} (${id})`));
}

/** The margin that the longest of the names needs. */
function marginOf(names: readonly string[]): number {
  return 16 + 6.6 * Math.max(...names.map(columnsOf));
}

/** The width of a text in letters: signs of East Asia and pictures are twice as wide. */
function columnsOf(text: string): number {
  return [...text].reduce(
    (sum, sign) => sum + (/[\u1100-\u115f\u2e80-\uffef]|\p{Extended_Pictographic}/u.test(sign) ? 2 : 1),
    0,
  );
}

/**
 * The IoU of each class as a bar in the colour of the class, with the value and the number of pixels of the truth beside it.
 *
 * @param values fractions 0 … 1; NaN for a class that neither occurs nor is found
 * @param pixels pixels of the truth, if they are known
 */
export function classBars(
  { names, colors }: Pick<ClassMap, 'names' | 'colors'>,
  values: readonly number[],
  pixels?: readonly number[],
): Chart {
  const axis = axisNames(names);
  const data = values.map((value, id) => ({
    name: axis[id]!,
    value: Number.isFinite(value) ? 100 * value : 0,
    color: formatColor(colors[id] ?? [128, 128, 128]),
    text: barText(value, pixels?.[id]),
  }));
  return chart('IoU of each class', {
    height: 72 + ROW * names.length,
    marginBottom: 44,
    marginLeft: marginOf(axis),
    marginRight: 24,
    x: { label: 'IoU %', domain: [0, 100], ticks: 5, grid: true, insetRight: pixels === undefined ? 30 : 90 },
    y: { label: null, domain: axis, padding: 0.25 },
    marks: [
      Plot.barX(data, { y: 'name', x: 'value', fill: 'color', stroke: 'currentColor', strokeOpacity: 0.35 }),
      Plot.text(data, { y: 'name', x: 'value', text: 'text', textAnchor: 'start', dx: 5 }),
    ],
  });
}

function barText(value: number, pixels: number | undefined): string {
  const share = Number.isFinite(value) ? (100 * value).toFixed(1) : '–';
  return pixels === undefined ? share : `${share}  (${shortCount(pixels)} px)`;
}

/** More classes than this cannot be drawn as a square; the table of the largest confusions stands for them. */
export const MOST_CONFUSED = 60;

const CELL = '#2a6fbb';

/**
 * A confusion matrix as a heat map: each row, a class of the truth, divided by its pixels.
 *
 * @param confusion pixels by truth and prediction, with a last column for predictions of no class
 */
export function confusionMap(names: readonly string[], confusion: readonly (readonly number[])[]): Chart {
  const axis = axisNames(names);
  const others = 'no class';
  const hasOthers = confusion.some((row) => row[names.length]! > 0);
  const columns = hasOthers ? [...axis, others] : axis;
  const cells = confusion.flatMap((row, truth) => {
    const total = row.reduce((sum, pixels) => sum + pixels, 0);
    return row.slice(0, columns.length).flatMap((pixels, found) =>
      pixels === 0
        ? []
        : [
            {
              truth: axis[truth]!,
              found: columns[found]!,
              share: pixels / total,
              opacity: Math.sqrt(pixels / total),
              title: `${axis[truth]} labelled as ${columns[found]}: ${percent(pixels / total)}, ${pixels.toLocaleString('en')} pixels`,
            },
          ],
    );
  });
  const side = names.length <= 24 ? 26 : 15;
  const margin = marginOf(columns);
  return chart('confusion matrix: the share of the pixels of each true class by predicted class', {
    width: margin + 16 + side * columns.length,
    height: margin + 36 + side * axis.length,
    marginLeft: margin,
    marginRight: 16,
    marginTop: 16,
    marginBottom: margin + 20,
    x: {
      domain: columns,
      label: 'prediction',
      labelAnchor: 'center',
      labelOffset: margin + 16,
      tickRotate: -90,
      tickSize: 0,
    },
    y: { domain: axis, label: 'truth', tickSize: 0 },
    opacity: { type: 'identity' },
    marks: [
      Plot.frame({ stroke: 'currentColor', strokeOpacity: 0.3 }),
      // By opacity, so that small shares are faint on light and on dark ground.
      Plot.cell(cells, {
        x: 'found',
        y: 'truth',
        fill: CELL,
        fillOpacity: 'opacity',
        inset: 0.5,
        title: 'title',
      }),
      ...(side < 20
        ? []
        : [
            Plot.text(
              cells.filter(({ share }) => share >= 0.005),
              {
                x: 'found',
                y: 'truth',
                text: ({ share }: { share: number }) => String(Math.round(100 * share)),
                fill: ({ share }: { share: number }) => (share > 0.3 ? '#fff' : 'currentColor'),
                fontSize: 10,
                pointerEvents: 'none',
              },
            ),
          ]),
    ],
  });
}

/**
 * The share of each scale in each class, stacked to 100%.
 *
 * @param shares for each scale, by train id; NaN for a class that does not occur
 */
export function scaleShares(
  names: readonly string[],
  scales: readonly number[],
  shares: readonly (readonly number[])[],
): Chart {
  const axis = axisNames(names);
  const data = scales.flatMap((scale, index) =>
    shares[index]!.flatMap((share, id) =>
      Number.isFinite(share)
        ? [
            {
              name: axis[id]!,
              share: 100 * share,
              order: index,
              color: scaleColor(index),
              title: `${axis[id]}, scale ${scale}: ${percent(share)}`,
            },
          ]
        : [],
    ),
  );
  return chart('share of each scale in each class', {
    height: 72 + ROW * names.length,
    marginBottom: 44,
    marginLeft: marginOf(axis),
    marginRight: 24,
    x: { label: '% of the attention', domain: [0, 100], ticks: 5 },
    y: { label: null, domain: axis, padding: 0.25 },
    marks: [
      Plot.barX(
        data,
        Plot.stackX({ order: 'order' }, { y: 'name', x: 'share', z: 'order', fill: 'color', title: 'title' }),
      ),
    ],
  });
}

/** The colour of a scale, the highest first: in charts, in the map of which scale won, and in legends. */
export function scaleColor(index: number): string {
  return curveColors[index % curveColors.length]!;
}

/** `12.3 %` */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';
}

/** `1.2M` */
function shortCount(count: number): string {
  const [by, unit] =
    count >= 1e9 ? [1e9, 'G'] : count >= 1e6 ? [1e6, 'M'] : count >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${Number((count / by).toPrecision(3))}${unit}`;
}
