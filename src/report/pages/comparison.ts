import type { ClassMap } from '../../data/index.js';
import { escapeHtml, swatched } from './html.js';

/** The scores of one way of labelling; fractions. */
export interface ComparedResult {
  readonly name: string;
  readonly scales: readonly number[];
  readonly combine: 'hierarchical' | 'average' | 'max' | 'single' | 'baseline';
  readonly meanIoU: number;
  readonly pixelAccuracy: number;
  /** By train id; null if the class occurs in neither prediction nor truth. */
  readonly classIoU: readonly (number | null)[];
  readonly seconds: number;
}

/** Smaller differences count as none, because few images are scored. */
const LEVEL = 0.005;

const percent = (value: number) => (100 * value).toFixed(1);
const cell = (text: string) => `<td class="number">${text}</td>`;

/**
 * Sentences that compare the hierarchy with the other ways of labelling; empty if there is nothing to compare.
 */
export function readingOf(results: readonly ComparedResult[]): string[] {
  const hierarchy = results.find(({ combine }) => combine === 'hierarchical');
  const rivals = results.filter(({ combine }) => combine !== 'hierarchical' && combine !== 'baseline');
  if (hierarchy === undefined || rivals.length === 0) return [];
  const standing = (key: 'meanIoU' | 'pixelAccuracy') => {
    const best = rivals.reduce((a, b) => (b[key] > a[key] ? b : a));
    const [own, other] = [percent(hierarchy[key]), percent(best[key])];
    if (Number(own) > Number(other)) return `first with ${own}% (next: ${best.name}, ${other}%)`;
    const isLevel = best[key] - hierarchy[key] < LEVEL;
    return `${isLevel ? 'level with' : 'behind'} ${best.name} (${own}% against ${other}%)`;
  };
  return [
    `By pixels right, the hierarchy is ${standing('pixelAccuracy')}; by mean IoU, it is ${standing('meanIoU')}.`,
    'Pixels right counts every pixel alike, so large areas such as road and sky decide it; mean IoU counts every class ' +
      'alike, so small and rare things decide it.',
    ...winsOf(hierarchy, results),
  ];
}

/** In how many classes the hierarchy is better than each scale alone. */
function winsOf(hierarchy: ComparedResult, results: readonly ComparedResult[]): string[] {
  const singles = results.filter(({ combine }) => combine === 'single');
  const scored = hierarchy.classIoU.flatMap((own, id) => {
    const others = singles.map(({ classIoU }) => classIoU[id]);
    return own === null || others.some((other) => typeof other !== 'number')
      ? []
      : [others.every((other) => own > other!)];
  });
  if (singles.length === 0 || scored.length === 0) return [];
  const wins = scored.filter(Boolean).length;
  return [
    `The hierarchy has a higher IoU than each scale alone in ${wins} of the ${scored.length} classes that occur.`,
  ];
}

/** A line for each way of labelling. */
export function resultTable(results: readonly ComparedResult[]): string {
  const rows = results.map(
    ({ name, meanIoU, pixelAccuracy }) =>
      `<tr><td>${escapeHtml(name)}</td>${cell(percent(meanIoU))}${cell(percent(pixelAccuracy))}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr><th>labelled by</th><th class="number">mean IoU %</th>
<th class="number">pixels right %</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

/** IoU of each class, for each scale alone and for the hierarchy. */
export function classTable(results: readonly ComparedResult[], { names, colors }: ClassMap): string {
  const shown = results.filter(({ combine }) => combine === 'single' || combine === 'hierarchical');
  const rows = names.map((name, id) => {
    const values = shown.map(({ classIoU }) => {
      const value = classIoU?.[id];
      return cell(value === null || value === undefined ? '–' : percent(value));
    });
    return `<tr><td>${swatched(name, colors[id]!)}</td>${values.join('')}</tr>`;
  });
  const heads = shown.map(({ name }) => `<th class="number">${escapeHtml(name)}</th>`);
  return `<p>IoU of each class in %; “–” marks a class that neither occurs nor is found.</p>
<div class="scroll"><table><thead><tr><th>class</th>${heads.join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}
