import { printable } from '../../base/errors/index.js';
import { groupFaults } from '../../data/assessment/index.js';
import { parseColor } from '../../data/index.js';
import type { InspectReport, SplitReport } from '../../node/index.js';
import { table } from '../table.js';

/** The most different faults that are printed. The JSON file has all of them. */
const MOST_GROUPS = 100;

/** The most files that are named for one fault. */
const NAMED = 3;

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
  const groups = groupFaults(faults, ({ detail }) => detail);
  for (const { faults: equal, detail } of groups.slice(0, MOST_GROUPS)) {
    const [{ kind }] = equal;
    if (equal.length <= NAMED) {
      lines.push(...equal.map((one) => `${kind}: ${printable(one.file)}: ${printable(one.detail, 2000)}`));
      continue;
    }
    const names = equal.slice(0, NAMED).map(({ file }) => printable(file));
    const more = `and ${equal.length - NAMED} more`;
    lines.push(`${kind}: ${equal.length} files: ${printable(detail, 2000)}: ${names.join(', ')} ${more}`);
  }
  const rest = groups.slice(MOST_GROUPS).reduce((sum, group) => sum + group.faults.length, 0);
  if (rest > 0) lines.push(`${rest} more`);
  if (rest > 0 || groups.some((group) => group.faults.length > NAMED)) lines.push('--json FILE lists all');
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
