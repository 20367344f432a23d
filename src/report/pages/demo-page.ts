import type { ClassMap } from '../../data/index.js';
import { escapeHtml, pageStyle } from '../../report/html/index.js';
import { heatmapStops } from '../jobs/index.js';
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
  /** Whether a model is trained after this; the page says what comes. */
  readonly willTrain: boolean;
  readonly images?: number;
  readonly results?: readonly ComparedResult[];
  readonly unseen?: readonly Shown[];
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
<p>A model gives every pixel of a street scene a class, such as road or car. It looks at the image twice: at full size
(scale 1), where small and thin things are clear, and at half size (scale 0.5), where it sees more of the surroundings at
once. A learned attention map says for each place which of the two to trust: the hierarchy of scales.</p>
<h2>The shipped model, ${escapeHtml(shipped.name)}</h2>
<p>${escapeHtml(shipped.description)} It has never seen a rendered street; photographs of streets suit it better. Try your
own: <code>hmsa demo PHOTO</code> or <code>hmsa segment PHOTO</code>.</p>
${legend(classes)}
${ramp}
${segmented.map(sample).join('\n')}
<h2>A model trained here</h2>
${trained(content)}
</main>
</html>
`;
}

const ownStyle = `
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 0; list-style: none; }
.ramp { display: inline-block; width: 120px; height: 12px; margin: 0 6px; border: 1px solid var(--line);
  border-radius: 3px; vertical-align: -2px;
  background: linear-gradient(90deg, ${heatmapStops.map((color) => `rgb(${color.join()})`).join(', ')}); }
.shown { border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px 12px; margin: 0 0 12px; }
.shown h3 { overflow-wrap: anywhere; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(max(280px, 32%), 100%), 1fr)); gap: 8px; }
.pictures figure { border: 0; padding: 0; display: block; } .pictures figcaption { font-size: 13px; }
.scroll { overflow-x: auto; } caption { text-align: left; padding-bottom: 4px; }
@media (max-width: 480px) { main { padding: 16px; } td, th { padding: 3px 6px; } }
`;

const ramp = `<p>Attention maps: <span>scale 1 is trusted<i class="ramp"></i>scale 0.5 is trusted</span></p>`;

function legend({ names, colors }: ClassMap): string {
  const entries = names.map((_, id) => `<li>${swatch(colors[id]!)}${escapeHtml(names[id]!)}</li>`);
  return `<ul class="legend" aria-label="colours of the classes">${entries.join('\n')}</ul>`;
}

function swatch(color: readonly number[]): string {
  return `<i class="swatch" style="background:rgb(${color.join()})"></i>`;
}

/** One image with all pictures of it that say something to a person, each with its caption. */
function sample({ source, pictures }: Shown): string {
  const figures = pictures.flatMap((path) => {
    const caption = captionOf(path);
    return caption === undefined ? [] : [figure(path, caption, source)];
  });
  return `<section class="shown"><h3>${escapeHtml(source)}</h3>
<div class="pictures">${figures.join('\n')}</div></section>`;
}

/** What a picture shows, by the ending of its name; undefined for those that are made for programs or say it twice. */
function captionOf(path: string): string | undefined {
  const [, kind, scale] = /\.([a-z]+)(?:@([\d.]+))?\.png$/.exec(path) ?? [];
  switch (kind) {
    case 'photo':
      return 'The image';
    case 'overlay':
      return 'The classes found, laid over the image';
    case 'truth':
      return 'The true classes';
    case 'labels':
      return scale === undefined ? undefined : `Classes found at scale ${scale} alone`;
    case 'hierarchy':
      return 'Classes found by the hierarchy of scales';
    case 'attention':
      return `Attention: the brighter, the more scale ${scale} is trusted`;
    default:
      return undefined;
  }
}

function figure(path: string, caption: string, source: string): string {
  const address = path.split('/').map(encodeURIComponent).join('/');
  const text = escapeHtml(caption);
  return `<figure><a href="${address}"><img alt="${escapeHtml(source)}: ${text}" src="${address}" loading="lazy"></a>
<figcaption>${text}</figcaption></figure>`;
}

const percent = (value: number) => (100 * value).toFixed(1);
const cell = (text: string) => `<td class="number">${text}</td>`;

function trained({ images, results, unseen = [], trainedClasses, willTrain }: DemoPageContent): string {
  if (results === undefined) {
    return willTrain
      ? '<p>Being trained: load this page again once the command has ended, in some minutes.</p>'
      : '<p>Not there yet: <code>hmsa demo</code> without <code>--fast</code> trains one and shows it here.</p>';
  }
  const rows = results.map(
    ({ name, meanIoU, pixelAccuracy }) =>
      `<tr><td>${escapeHtml(name)}</td>${cell(percent(meanIoU))}${cell(percent(pixelAccuracy))}</tr>`,
  );
  return `<p>It has learned from rendered streets in three steps, a few minutes in all: each scale alone, then the attention
between them, then both together. These are its scores on ${images} rendered streets that it has not seen.</p>
<div class="scroll"><table><thead><tr><th>labelled by</th><th class="number">mean IoU %</th>
<th class="number">pixels right %</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>
<p>IoU, of one class: the pixels that are rightly called it, as a share of those that are it or are called it. The mean over
the classes counts rare ones as much as common ones.</p>
${byClass(results, trainedClasses)}
${legend(trainedClasses)}
${ramp}
${unseen.map(sample).join('\n')}`;
}

/** IoU of each class, for each scale alone and for the hierarchy. */
function byClass(results: readonly ComparedResult[], { names, colors }: ClassMap): string {
  const shown = results.filter(({ combine }) => combine === 'single' || combine === 'hierarchical');
  const rows = names.map((name, id) => {
    const values = shown.map(({ classIoU }) => {
      const value = classIoU?.[id];
      return cell(value === null || value === undefined ? '–' : percent(value));
    });
    return `<tr><td>${swatch(colors[id]!)}${escapeHtml(name)}</td>${values.join('')}</tr>`;
  });
  const heads = shown.map(({ name }) => `<th class="number">${escapeHtml(name)}</th>`);
  return `<div class="scroll"><table><caption>IoU of each class, in %; – where there is none of it</caption>
<thead><tr><th>class</th>${heads.join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}
