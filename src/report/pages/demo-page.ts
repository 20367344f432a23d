import type { ClassMap } from '../../data/index.js';
import { heatmapStops } from '../pictures/index.js';
import { type ComparedResult, classTable, readingOf, resultTable } from './comparison.js';
import { escapeHtml, htmlPage, swatched } from './html.js';
import { pageStyle } from './page-style.js';

/** An image that a model labelled, and its pictures, the image itself first, relative to the folder of the page. */
export interface Shown {
  readonly source: string;
  readonly pictures: readonly string[];
}

export interface DemoPageContent {
  /** The model of the package. */
  readonly shipped: { readonly name: string; readonly description: string };
  /** The classes of the shipped model. */
  readonly classes: ClassMap;
  /** The classes of the model that the demo trains. */
  readonly trainedClasses: ClassMap;
  readonly segmented: readonly Shown[];
  /** Whether the demo trains a model next; the page announces it. */
  readonly willTrain: boolean;
  readonly images?: number;
  readonly results?: readonly ComparedResult[];
  readonly unseen?: readonly Shown[];
}

/** The demo as one HTML file next to its pictures. It needs neither scripts nor network. */
export function demoPage(content: DemoPageContent): string {
  const { shipped, classes, segmented } = content;
  return htmlPage(
    'hmsa demo',
    `${pageStyle}${ownStyle}`,
    `<p>A model gives every pixel of a street scene a class, such as road or car. It looks at the image twice: at full size
(scale 1), where small and thin things are clear, and at half size (scale 0.5), where it sees more of the surroundings at
once. A learned attention map says for each place which of the two to trust: the hierarchy of scales.</p>
<h2>The shipped model, ${escapeHtml(shipped.name)}</h2>
<p>${escapeHtml(shipped.description)} It has never seen a rendered street; photographs of streets suit it better. Try your
own: <code>hmsa demo PHOTO</code> or <code>hmsa segment PHOTO</code>.</p>
${legend(classes)}
${ramp}
${segmented.map(sample).join('\n')}
<h2>A model trained here</h2>
${trained(content)}`,
  );
}

const ownStyle = `
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 0; list-style: none; }
.scale { white-space: nowrap; }
.ramp { display: inline-block; width: 120px; height: 12px; margin: 0 6px; border: 1px solid var(--line);
  border-radius: 3px; vertical-align: -2px;
  background: border-box linear-gradient(90deg, ${heatmapStops.map((color) => `rgb(${color.join()})`).join(', ')}); }
.shown { border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px 12px; margin: 0 0 12px; }
.shown h3 { overflow-wrap: anywhere; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(max(280px, 32%), 100%), 1fr)); gap: 8px; }
.pictures figure { border: 0; padding: 0; display: block; } .pictures figcaption { font-size: 13px; }
`;

const ramp = `<p>Attention maps: <span class="scale">trust scale 1<i class="ramp"></i>trust scale 0.5</span></p>`;

/** @param hasVoid whether a picture shows black where there is no class */
function legend({ names, colors }: ClassMap, hasVoid = false): string {
  const entries = names.map((name, id) => swatched(name, colors[id]!));
  if (hasVoid) entries.push(swatched('no class, not scored', [0, 0, 0]));
  const items = entries.map((entry) => `<li>${entry}</li>`);
  return `<ul class="legend" aria-label="colours of the classes">${items.join('\n')}</ul>`;
}

/** One image with all its pictures that help a person, each with a caption. */
function sample({ source, pictures }: Shown): string {
  const figures = pictures.flatMap((path) => {
    const caption = captionOf(path);
    return caption === undefined ? [] : [figure(path, caption, source)];
  });
  return `<section class="shown"><h3>${escapeHtml(source)}</h3>
<div class="pictures">${figures.join('\n')}</div></section>`;
}

/**
 * The caption of a picture, from the ending of its name; undefined for pictures that are for programs or repeat
 * another.
 */
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
      return `Attention: brighter means more trust in scale ${scale}`;
    default:
      return undefined;
  }
}

function figure(path: string, caption: string, source: string): string {
  const address = path.split('/').map(encodeURIComponent).join('/');
  const text = escapeHtml(caption);
  return `<figure><a href="${address}"><img alt="${escapeHtml(source)}: ${text}" src="${address}" decoding="async"></a>
<figcaption>${text}</figcaption></figure>`;
}

function trained({ images, results, unseen = [], trainedClasses, willTrain }: DemoPageContent): string {
  if (results === undefined) {
    return willTrain
      ? '<p>In training. Load this page again when the command has ended, in a few minutes.</p>'
      : '<p>None yet. <code>hmsa demo</code> without <code>--fast</code> trains one and shows it here.</p>';
  }
  return `<p>It was trained on rendered streets in three steps, a few minutes in all: each scale alone, then the attention
between them, then both together. These are its scores on ${images} rendered streets that it has not seen.</p>
${resultTable(results)}
<p>Pixels right is the share of pixels that get their true class. The IoU (intersection over union) of a class compares two
areas: where the class is, and where the model finds it. It is the area of their overlap, divided by the area that they
cover together; 100% is a perfect match. Mean IoU is the average over the classes. The baseline does not look at the
image.</p>
<p>${readingOf(results).map(escapeHtml).join(' ')}</p>
${classTable(results, trainedClasses)}
${legend(trainedClasses, true)}
${ramp}
${unseen.map(sample).join('\n')}`;
}
