import { printable } from '../../base/errors/index.js';
import { parseColor } from '../../data/index.js';
import type { InspectReport, SplitReport } from '../../node/index.js';
import { table } from '../table.js';

/** Faults of one kind that are printed one by one; the rest is counted, and the JSON file has them all. */
const MOST_OF_A_KIND = 100;

/** The report as text for a terminal or a log. */
export function inspectTable(report: InspectReport, { color = false }: { color?: boolean } = {}): string {
  const parts = [splitTable(report.splits), classTable(report, color)];
  if (report.neverOccurring.length > 0) {
    parts.push(`Classes that never occur: ${printable(report.neverOccurring.join(', '), 2000)}.`);
  }
  parts.push(...report.notes.map((note) => printable(note, 2000)), faultList(report));
  return `${parts.join('\n\n')}\n`;
}

function splitTable(splits: readonly SplitReport[]): string {
  const rows = splits.map(({ name, photographs, labelled, sizes }) => {
    const shown = sizes
      .slice(0, 3)
      .map(({ width, height, photographs: count }) =>
        sizes.length === 1 ? `${width}×${height}` : `${width}×${height} (${count})`,
      );
    const more = sizes.length > 3 ? [`${sizes.length - 3} more`] : [];
    return [printable(name, 60), `${photographs}`, `${labelled}`, [...shown, ...more].join(', ')];
  });
  return table([['split', 'photographs', 'labelled', 'sizes'], ...rows], 'lrrl').join('\n');
}

function classTable({ classes, splits }: InspectReport, color: boolean): string {
  const labelled = splits.filter(({ labelled: count }) => count > 0);
  if (labelled.length === 0) return 'No labels.';
  const header = ['class', ...labelled.flatMap(({ name }) => [`${printable(name)}: pixels`, 'images'])];
  const total = ({ labels }: SplitReport) =>
    labels.voidPixels + labels.classPixels.reduce((sum, pixels) => sum + pixels, 0);
  const rows = classes.map(({ name }, id) => [
    printable(name, 60),
    ...labelled.flatMap((split) => [
      percent(split.labels.classPixels[id]!, total(split)),
      percent(split.labels.classImages[id]!, split.labels.images),
    ]),
  ]);
  const voidRow = ['(void)', ...labelled.flatMap((s) => [percent(s.labels.voidPixels, total(s)), ''])];
  const lines = table([header, ...rows, voidRow], `l${'rr'.repeat(labelled.length)}`);
  if (!color) return lines.join('\n');
  return lines.map((line, i) => `${swatch(classes[i - 1]?.color)} ${line}`).join('\n');
}

function faultList({ faults }: InspectReport): string {
  if (faults.length === 0) return 'Nothing found that would break training or evaluation.';
  const lines: string[] = [];
  const counts = new Map<string, number>();
  for (const { kind, file, detail } of faults) {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count <= MOST_OF_A_KIND) lines.push(`${kind}: ${printable(file)}: ${printable(detail, 2000)}`);
  }
  for (const [kind, count] of counts) {
    if (count > MOST_OF_A_KIND) lines.push(`${kind}: ${count - MOST_OF_A_KIND} more; --json FILE lists all`);
  }
  return `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:\n${lines.join('\n')}`;
}

function percent(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '-';
  const value = (100 * part) / whole;
  return value < 0.01 ? '<0.01%' : `${value.toFixed(2)}%`;
}

function swatch(color: string | undefined): string {
  return color === undefined ? '  ' : `\x1b[48;2;${parseColor(color).join(';')}m  \x1b[0m`;
}
