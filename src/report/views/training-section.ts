import { type Chart, type Curve, curvesChart, percent } from '../plots/index.js';
import { card, chartFigure, shareCard } from './parts.js';
import type { RunView, StepPoint } from './run-view.js';

/** How a run went: its state, and curves of loss, scores, learning rate and attention over the steps. */
export function trainingSection(run: RunView): string {
  const { points, validations, finished, step, steps, stepsPerEpoch, best, seconds } = run;
  const last = points.at(-1);
  const cards = [
    card(`${step} of ${steps}`, `steps, ${finished ? 'finished' : 'not finished'}`),
    card((step / stepsPerEpoch).toFixed(1), `epochs of ${stepsPerEpoch} steps`),
    ...(last === undefined ? [] : [card(last.loss.toPrecision(3), `loss at step ${last.step}`)]),
    ...(best === undefined ? [] : [shareCard(best.meanIoU, `best mean IoU, after epoch ${best.epoch + 1}`)]),
    ...(seconds > 0 ? [card(timeText(seconds), 'training in all')] : []),
  ];
  if (points.length === 0 && validations.length === 0)
    return `<div class="cards">${cards.join('')}</div><p>No steps are recorded yet.</p>`;
  const charts = trainingCharts(run).map(({ heading, chart, curves, note }) =>
    chartFigure(heading, chart, curves, note),
  );
  return `<div class="cards">${cards.join('')}</div>
<div class="charts">${charts.join('\n')}</div>`;
}

/** A chart with its heading, the names of its curves and a note. */
export interface NamedChart {
  readonly name: string;
  readonly heading: string;
  readonly chart: Chart;
  readonly curves: readonly string[];
  readonly note: string;
}

/** The curves of a run: loss, scores, learning rate, attention. Those without a point are left out. */
export function trainingCharts(run: RunView): NamedChart[] {
  const { points, validations, phases, step } = run;
  const marks = phases.map(({ from }) => from).filter((from) => from > 0 && from < step);
  const options = { marks, steps: [0, Math.max(1, step)] as const };
  const curve = (name: string, value: (point: StepPoint) => number | undefined): Curve => ({
    name,
    points: points.flatMap((point) => {
      const y = value(point);
      return y === undefined || !Number.isFinite(y) ? [] : [[point.step, y] as const];
    }),
  });
  const losses = curve('loss', ({ loss }) => loss);
  const rates = curve('learning rate', ({ learningRate }) => (learningRate > 0 ? learningRate : undefined));
  return [
    ...(losses.points.length === 0
      ? []
      : [
          {
            name: 'loss',
            heading: 'Loss',
            chart: curvesChart('loss by step', [losses], options),
            curves: [],
            note:
              marks.length === 0
                ? ''
                : `Dashed: the next phase begins. Phases: ${phases.map(({ kind }) => kind).join(', ')}.`,
          },
        ]),
    ...(validations.length === 0 ? [] : [scores(run, options)]),
    ...(rates.points.length === 0
      ? []
      : [
          {
            name: 'learning-rate',
            heading: 'Learning rate',
            chart: curvesChart('learning rate by step', [rates], { ...options, isLog: isWide(rates) }),
            curves: [],
            note: '',
          },
        ]),
    ...attention(points, curve, options),
  ];
}

type Options = Parameters<typeof curvesChart>[2];

function scores({ validations }: RunView, options: Options): NamedChart {
  const of = (key: 'meanIoU' | 'pixelAccuracy', name: string): Curve => ({
    name,
    points: validations.map((one) => [one.step, one[key]] as const),
  });
  const curves = [of('meanIoU', 'mean IoU'), of('pixelAccuracy', 'pixel accuracy')];
  const wayOf = ({ combine, scales: used }: (typeof validations)[number]) =>
    used.length === 1 ? `scale ${used[0]} alone` : `${combine} over ${used.join(', ')}`;
  const ways = [...new Set(validations.map(wayOf))];
  return {
    name: 'validation',
    heading: 'Validation',
    chart: curvesChart('scores by step', curves, { ...options, isShare: true, hasDots: true }),
    curves: curves.map(({ name }) => name),
    note: `Last: mean IoU ${percent(validations.at(-1)!.meanIoU)}.${ways.length > 1 ? ` Scored by ${ways.join(', then by ')}; these cannot be compared.` : ''}`,
  };
}

function attention(
  points: readonly StepPoint[],
  curve: (name: string, value: (point: StepPoint) => number | undefined) => Curve,
  options: Options,
): NamedChart[] {
  const scales = [
    ...new Set(
      points.flatMap(({ metrics }) =>
        Object.keys(metrics).flatMap((name) => /^attentionMean@(.+)$/.exec(name)?.[1] ?? []),
      ),
    ),
  ];
  if (scales.length === 0) return [];
  const means = scales.map((scale) =>
    curve(`scale ${scale}`, ({ metrics }) => metrics[`attentionMean@${scale}`]),
  );
  const saturated = scales.map((scale) =>
    curve(`scale ${scale}`, ({ metrics }) => {
      const [low, high] = [metrics[`attentionBelow0.05@${scale}`], metrics[`attentionAbove0.95@${scale}`]];
      return low === undefined && high === undefined ? undefined : (low ?? 0) + (high ?? 0);
    }),
  );
  const names = means.map(({ name }) => name);
  return [
    {
      name: 'attention-mean',
      heading: 'Attention: mean',
      chart: curvesChart('mean attention by step', means, { ...options, isShare: true }),
      curves: names,
      note: `How much ${scales.length === 1 ? `scale ${scales[0]} is` : 'each scale is'} trusted.`,
    },
    {
      name: 'attention-saturated',
      heading: 'Attention: saturated',
      chart: curvesChart('saturated attention by step', saturated, { ...options, isShare: true }),
      curves: names,
      note: 'Places below 5 % or above 95 %, where one scale learns almost nothing.',
    },
  ];
}

/** Whether values span more than a factor of 50. */
function isWide({ points }: Curve): boolean {
  const values = points.map(([, y]) => y);
  return Math.max(...values) > 50 * Math.min(...values);
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
