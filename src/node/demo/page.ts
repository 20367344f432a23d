import type { ClassMap } from '../../data/index.js';
import { escapeHtml, pageStyle } from '../html/index.js';
import type { ShippedModel } from '../shipped-model/index.js';
import type { ComparedResult } from './comparison.js';
import type { Shown } from './samples.js';

export interface DemoPageContent {
  readonly shipped: ShippedModel;
  /** Those of the shipped model. */
  readonly classes: ClassMap;
  /** Those of the model trained here. */
  readonly trainedClasses: ClassMap;
  readonly segmented: readonly Shown[];
  readonly images?: number;
  readonly results?: readonly ComparedResult[];
  /** Relative to the page, as all are. */
  readonly pictures?: readonly string[];
}

/** The demo as one HTML file beside its pictures: no script, no network. */
export function demoPage(content: DemoPageContent): string {
  const { shipped, classes, segmented } = content;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hmsa demo</title>
<style>${pageStyle}${ownStyle}</style>
<main>
<h1>hmsa demo</h1>
<h2>The shipped model, ${escapeHtml(shipped.name)}</h2>
<p>${escapeHtml(shipped.description)} It has never seen a rendered street: photographs of streets suit it better
(<code>hmsa demo PHOTO</code>, <code>hmsa segment PHOTO</code>). Left to right: the image, its labels laid over it, and
the attention, bright where the reduced image is trusted over the full one.</p>
${legend(classes)}
${segmented.map(sample).join('\n')}
<h2>A model trained here</h2>
${trained(content)}
</main>
</html>
`;
}

const ownStyle = `
.legend span { white-space: nowrap; margin-right: 16px; }
figure { margin-bottom: 12px; } figcaption { grid-column: 1 / -1; }
`;

function legend({ names, colors }: ClassMap): string {
  const entries = names.map(
    (name, id) =>
      `<span><i class="swatch" style="background:rgb(${colors[id]!.join()})"></i>${escapeHtml(name)}</span>`,
  );
  return `<p class="legend">${entries.join('\n')}</p>`;
}

function sample({ source, pictures }: Shown): string {
  const shown = pictures.filter((picture) => /\.(photo|overlay|attention@[\d.]+)\.png$/.test(picture));
  return row(shown, `<figcaption>${escapeHtml(source)}</figcaption>`);
}

/** Pictures side by side, all of a width. */
function row(pictures: readonly string[], caption = ''): string {
  const columns = `grid-template-columns: repeat(${pictures.length}, 1fr)`;
  return `<figure style="${columns}">${pictures.map(image).join('')}${caption}</figure>`;
}

function trained({ images, results, pictures = [], trainedClasses }: DemoPageContent): string {
  if (results === undefined)
    return '<p>Not there yet: <code>hmsa demo</code> without <code>--fast</code> trains one and shows it here.</p>';
  const percent = (value: number) => `<td class="number">${(100 * value).toFixed(1)}</td>`;
  const rows = results.map(
    ({ name, meanIoU, pixelAccuracy }) =>
      `<tr><td>${escapeHtml(name)}</td>${percent(meanIoU)}${percent(pixelAccuracy)}</tr>`,
  );
  const scales = results.filter(({ combine }) => combine === 'single').map(({ name }) => name);
  const columns = ['the scene', 'its true classes', ...[...scales].reverse(), 'the hierarchy', 'attention'];
  const strips = pictures.map((picture) => row([picture]));
  return `<p>Learned from rendered streets in three steps; scored on ${images} that it has not seen.</p>
<table><thead><tr><th></th><th>mean IoU %</th><th>pixel accuracy %</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>
<p>Left to right: ${columns.map(escapeHtml).join(', ')}.</p>
${legend(trainedClasses)}
${strips.join('\n')}`;
}

function image(path: string): string {
  const address = path.split('/').map(encodeURIComponent).join('/');
  return `<a href="${address}"><img alt="" src="${address}"></a>`;
}
