import { printable } from '../base/errors/index.js';
import {
  type Comparison,
  type ComparisonRow,
  type Estimate,
  headlineRows,
} from '../evaluation/comparison/index.js';
import { wayName } from '../report/pages/index.js';
import { table } from './table.js';

const percent = (value: number) => (Number.isFinite(value) ? (100 * value).toFixed(1) : '–');
const signed = (value: number) =>
  // What rounds to zero is not below it: no −0.0.
  Number.isFinite(value) ? `${value <= -0.0005 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}` : '–';
const interval = ({ value, low, high }: Estimate, text: (value: number) => string) =>
  `${text(value)} [${text(low)}, ${text(high)}]`;
const epochsText = (count: number) => {
  const text = Number(count.toFixed(1));
  return `, ${text} ${text === 1 ? 'epoch' : 'epochs'}`;
};
const orNone = <T>(value: T | undefined, text: (value: T) => string) =>
  value === undefined ? '' : text(value);

/** A comparison as text: a table, what the headline is, and what the columns mean. */
export function comparisonText(comparison: Comparison): string {
  const { rows, images, blocks, thinClasses, classes, size } = comparison;
  const isThin = thinClasses.length > 0;
  const isKnown = rows.some(({ training }) => training !== undefined);
  const lines: string[][] = [
    [
      '',
      'mean IoU %',
      'acc. %',
      'boundary %',
      ...(isThin ? ['thin %'] : []),
      'over best scale',
      'over average',
      'of oracle',
      'G mult-adds',
      's/image',
      ...(isKnown ? ['s/epoch', 'GB'] : []),
    ],
  ];
  let contender = '';
  for (const row of rows) {
    if (row.contender !== contender) {
      contender = row.contender;
      const seeds = row.seeds === 1 ? '' : `, ${row.seeds} seeds`;
      const epochs = orNone(row.training?.epochs, epochsText);
      lines.push([`${printable(contender, 100)}${seeds}${epochs}`]);
    }
    lines.push([
      `  ${wayName(row)}${row.trained ? '' : ' *'}`,
      interval(row.meanIoU, percent),
      percent(row.meanAccuracy),
      percent(row.boundaryIoU),
      ...(isThin ? [percent(row.thinBoundaryIoU)] : []),
      orNone(row.overSingle, (gain) => interval(gain, signed)),
      orNone(row.overAverage, (gain) => interval(gain, signed)),
      orNone(row.oracleShare, (share) => `${(100 * share).toFixed(0)}%`.replace('-', '−')),
      orNone(row.work, ({ multiplyAdds }) => (multiplyAdds / 1e9).toFixed(2)),
      orNone(row.work?.seconds, (seconds) => seconds.toFixed(3)),
      ...(isKnown
        ? [
            orNone(row.training?.secondsPerEpoch, (seconds) => seconds.toFixed(1)),
            orNone(row.training?.peakMemoryBytes, (bytes) => (bytes / 1e9).toFixed(1)),
          ]
        : []),
    ]);
  }
  const thin = thinClasses.map((id) => printable(classes[id]!, 40)).join(', ');
  const notes = [
    `${images} ${images === 1 ? 'image' : 'images'} in ${blocks} blocks of contiguous frames; in brackets intervals of 95%, differences paired`,
    ...(rows.some(({ trained }) => !trained) ? ['* scales on which the network was not trained'] : []),
    ...(isThin ? [`thin: ${thin}`] : []),
    ...(size === undefined ? [] : [`multiply-adds for an image of ${size.width}×${size.height}`]),
  ];
  return `${[...table(lines, `l${'r'.repeat(lines[0]!.length - 1)}`), '', ...notes, '', ...headlines(comparison)].join('\n')}\n`;
}

/** A sentence for each row with attention. */
function headlines(comparison: Comparison): string[] {
  const rows = headlineRows(comparison);
  if (rows.length === 0)
    return [
      'No model has an attention that is trained and can weigh these scales, so there is no gain to tell.',
    ];
  return rows.map((row) => {
    const { overSingle, overAverage } = row;
    const parts = [
      ...(overSingle
        ? [
            `${interval(overSingle, signed)} over the best single scale (${overSingle.scales[0]}× of ${printable(overSingle.contender, 100)})`,
          ]
        : []),
      ...(overAverage
        ? [
            `${interval(overAverage, signed)} over the average of ${[...overAverage.scales].reverse().join(', ')}`,
          ]
        : []),
    ];
    return `${printable(row.contender, 100)}, ${wayName(row)}${row.trained ? '' : ' (not trained on)'}: ${percent(row.meanIoU.value)}%, ${parts.join(', ')}`;
  });
}

/**
 * The two tables of the replication, with its columns, of the rows for which it is known how long they were trained. The
 * accuracy is the mean over the classes.
 */
export function replicationTables({ rows }: Comparison): string {
  const known = rows.filter(({ training }) => training?.epochs !== undefined);
  const withAttention = new Set(headlineRows({ rows }).map(({ contender }) => contender));
  const epochs = ({ training }: ComparisonRow) => String(Number(training!.epochs!.toFixed(1)));
  const single = known.filter(
    ({ combine, trained, contender }) => combine === 'single' && trained && !withAttention.has(contender),
  );
  const several = known.filter(({ combine }) => combine === 'hierarchical');
  const time = (seconds: number | undefined) =>
    seconds === undefined
      ? '–'
      : seconds < 120
        ? `${seconds.toFixed(1)} s`
        : `${(seconds / 60).toFixed(1)} min`;
  const first = [
    ['trunk', 'head', 'scale', 'epochs', 'mean IoU', 'average accuracy', 'time an epoch', 'network'],
    ...single.map((row) => [
      row.trunk,
      row.head,
      `${row.scales[0]}×`,
      epochs(row),
      percent(row.meanIoU.value),
      percent(row.meanAccuracy),
      time(row.training!.secondsPerEpoch),
      printable(row.contender, 100),
    ]),
  ];
  const second = [
    ['scales', 'epochs', 'mean IoU', 'average accuracy', 'network'],
    ...several.map((row) => [
      `${row.scales.join('/')}${row.trained ? '' : ' *'}`,
      epochs(row),
      percent(row.meanIoU.value),
      percent(row.meanAccuracy),
      printable(row.contender, 100),
    ]),
  ];
  const texts = [
    ...(single.length === 0 ? [] : [table(first, 'llrrrrrl')]),
    ...(several.length === 0 ? [] : [table(second, 'lrrrl')]),
  ];
  return texts.map((lines) => `${lines.join('\n')}\n`).join('\n');
}
