import { dataUrl, escapeHtml, swatched } from '../pages/index.js';
import { heatmapStops } from '../pictures/index.js';
import { percent, scaleColor } from '../plots/index.js';
import type { ReportedScores } from './scores.js';

/** An image with its pictures, and why it is shown. */
export interface ReportedImage {
  readonly id: string;
  readonly meanIoU: number;
  readonly reasons: readonly {
    readonly rank: 'worst' | 'median';
    readonly classId?: number;
    readonly iou: number;
  }[];
  readonly pictures: readonly ReportedPicture[];
}

export interface ReportedPicture {
  readonly title: string;
  readonly type: 'jpeg' | 'png';
  readonly bytes: Uint8Array;
}

/** The address of an image in the page. */
const anchor = (index: number) => `image-${index + 1}`;

/** For each class, links to its worst and its median image. */
export function linksByClass(images: readonly ReportedImage[]): Map<number, string> {
  const links = new Map<number, string>();
  images.forEach(({ reasons }, index) => {
    for (const { classId, rank, iou } of reasons) {
      if (classId === undefined) continue;
      const link = `<a href="#${anchor(index)}" title="${rank} image of the class, IoU ${percent(iou)}">${rank}</a>`;
      const known = links.get(classId);
      const both = known === undefined ? [link] : rank === 'worst' ? [link, known] : [known, link];
      links.set(classId, both.join(' · '));
    }
  });
  return links;
}

/** The chosen images, each with the photograph, truth, prediction, errors and, for some, what each scale saw. */
export function imagesSection(
  images: readonly ReportedImage[],
  { classes, scales }: Pick<ReportedScores, 'classes' | 'scales'>,
  isCut: boolean,
): string {
  const names = classes.names.map(
    (name, id) => `<li>${swatched(name, classes.colors[id] ?? [128, 128, 128])}</li>`,
  );
  const hasAttention = images.some(({ pictures }) =>
    pictures.some(({ title }) => title.startsWith('attention')),
  );
  const shown = images.map(
    (
      { id, meanIoU, reasons, pictures },
      index,
    ) => `<section class="shown" id="${anchor(index)}"><h3>${escapeHtml(id)}</h3>
<p>mean IoU ${percent(meanIoU)} · ${reasons.map((reason) => escapeHtml(reasonText(reason, classes.names))).join(' · ')}</p>
<div class="pictures">${pictures.map((picture) => figure(picture, id)).join('')}</div></section>`,
  );
  return `<ul class="keys" aria-label="colours of the classes">${names.join('')}${errorKeys()}</ul>
${hasAttention ? scaleBar(scales) : ''}
<p class="quiet">The three worst images of the set and the median one, then the worst and the median image of each class, by the IoU in the image; each image once.${isCut ? ' Further ones are left out: --images shows more.' : ''}</p>
${shown.join('\n')}`;
}

/** What the colours of errors mean. */
export function errorKeys(): string {
  return `<li>${swatched('wrong', [213, 94, 0])}</li><li>${swatched('not scored', [0, 0, 0])}</li>`;
}

/** What the colours of attention and of the scales that won mean. @param scales highest first */
export function scaleBar(scales: readonly number[]): string {
  const stops = heatmapStops.map((color) => `rgb(${color.join()})`).join(', ');
  const won = scales.map((scale, i) => `<li>${swatched(`won by scale ${scale}`, scaleColor(i))}</li>`);
  return `<p class="scale">Attention: 0, other scales are trusted<span class="ramp" style="background: linear-gradient(90deg, ${stops})"></span>1, this scale is trusted</p>
<ul class="keys">${won.join('')}</ul>`;
}

function reasonText(
  { rank, classId, iou }: ReportedImage['reasons'][number],
  names: readonly string[],
): string {
  return classId === undefined ? `${rank} of the set` : `${rank} for ${names[classId]}, IoU ${percent(iou)}`;
}

function figure({ title, type, bytes }: ReportedPicture, id: string): string {
  return `<figure><img decoding="async" alt="${escapeHtml(`${id}: ${title}`)}" src="${dataUrl(type, bytes)}"><figcaption>${escapeHtml(title)}</figcaption></figure>`;
}
