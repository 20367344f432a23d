import { z } from 'zod';
import { checkArgument, isRecord } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { dataUrl, escapeHtml, htmlPage, swatched } from './html.js';
import { type InspectReport, reportShape, type SplitReport } from './inspect-report.js';
import { pageStyle } from './page-style.js';

/** A small photograph and its coloured label, as encoded pictures. */
export interface GalleryPicture {
  readonly split: string;
  readonly file: string;
  /** Its faults; empty for an example. */
  readonly faults: readonly string[];
  /** JPEG. */
  readonly photo?: Uint8Array;
  /** PNG. */
  readonly mask?: Uint8Array;
}

/**
 * The report as one HTML file. It needs neither scripts nor network.
 *
 * @throws HmsaError when the arguments are not what `inspect` gives
 */
export function inspectPage(report: InspectReport, pictures: readonly GalleryPicture[]): string {
  checkSchema(z.object(reportShape), report, 'inspectPage');
  const isGallery =
    Array.isArray(pictures) &&
    pictures.every((picture) => isRecord(picture) && Array.isArray(picture.faults));
  checkArgument(isGallery, 'inspectPage', 'the pictures of an inspection', pictures);
  const faulty = pictures.filter(({ faults }) => faults.length > 0);
  return htmlPage(
    report.set,
    pageStyle,
    `<p class="${report.faults.length === 0 ? 'good' : 'bad'}">${verdict(report)}</p>
${report.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('\n')}
<section class="cards">${report.splits.map(splitCard).join('')}</section>
<h2>Classes</h2>
${classTable(report)}
${faultSection(report, faulty)}
${report.splits.map(({ name }) => examples(name, pictures)).join('\n')}`,
  );
}

function verdict({ faults }: InspectReport): string {
  if (faults.length === 0) return 'Nothing found that would break training or evaluation.';
  return `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} that would break training or evaluation.`;
}

function splitCard({ name, photographs, labelled, sizes }: SplitReport): string {
  const shown = sizes
    .slice(0, 4)
    .map(({ width, height, photographs: count }) =>
      sizes.length === 1 ? `${width}×${height}` : `${width}×${height} (${count})`,
    );
  const more = sizes.length > 4 ? ` and ${sizes.length - 4} more` : '';
  return `<div class="card"><h3>${escapeHtml(name)}</h3>
<b>${photographs}</b> photographs, <b>${labelled}</b> labelled<br>${shown.join(', ')}${more}</div>`;
}

function classTable({ classes, splits }: InspectReport): string {
  const shares = splits.map(({ labels }) => {
    const total = labels.voidPixels + labels.classPixels.reduce((sum, pixels) => sum + pixels, 0);
    return { total, largest: Math.max(1, labels.voidPixels, ...labels.classPixels) };
  });
  const cells = (id: number | 'void') =>
    splits
      .map(({ labels }, i) => {
        const pixels = id === 'void' ? labels.voidPixels : labels.classPixels[id]!;
        const { total, largest } = shares[i]!;
        const images = id === 'void' ? '' : percent(labels.classImages[id]!, labels.images);
        return `<td class="bar">${pixels > 0 ? `<i style="width:${((100 * pixels) / largest).toFixed(1)}%"></i>` : ''}</td>
<td class="number">${percent(pixels, total)}</td><td class="number">${images}</td>`;
      })
      .join('');
  const row = (name: string, color: string, id: number | 'void') =>
    `<tr><td>${swatched(name, color)}</td>${cells(id)}</tr>`;
  return `<div class="scroll"><table><thead><tr><th></th>${splits
    .map(({ name }) => `<th colspan="2">${escapeHtml(name)}, pixels</th><th>images</th>`)
    .join('')}</tr></thead><tbody>
${classes.map(({ name, color }, id) => row(name, color, id)).join('\n')}
${row('void', '#000', 'void')}
</tbody></table></div>`;
}

function faultSection({ faults }: InspectReport, pictures: readonly GalleryPicture[]): string {
  if (faults.length === 0) return '';
  const rows = faults.map(
    ({ kind, file, detail }) =>
      `<tr><td class="kind">${kind}</td><td><code>${escapeHtml(file)}</code></td><td>${escapeHtml(detail)}</td></tr>`,
  );
  return `<h2>Faults</h2><div class="scroll"><table class="faults">${rows.join('\n')}</table></div>
<div class="gallery">${pictures
    .filter(({ photo }) => photo !== undefined)
    .map(figure)
    .join('\n')}</div>`;
}

function examples(split: string, pictures: readonly GalleryPicture[]): string {
  const shown = pictures.filter((picture) => picture.split === split && picture.faults.length === 0);
  if (shown.length === 0) return '';
  return `<h2>${escapeHtml(split)}</h2><div class="gallery">${shown.map(figure).join('\n')}</div>`;
}

function figure({ file, faults, photo, mask }: GalleryPicture): string {
  const picture = (type: 'jpeg' | 'png', bytes: Uint8Array | undefined) =>
    bytes === undefined ? '' : `<img alt="" src="${dataUrl(type, bytes)}">`;
  const wrong = faults.map((fault) => `<br><em>${escapeHtml(fault)}</em>`).join('');
  return `<figure>${picture('jpeg', photo)}${picture('png', mask)}
<figcaption>${escapeHtml(file)}${wrong}</figcaption></figure>`;
}

function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '–';
  const value = (100 * part) / whole;
  return value < 0.005 ? '&lt;0.01 %' : `${value.toFixed(value < 10 ? 2 : 1)} %`;
}
