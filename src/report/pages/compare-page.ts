import type { Comparison, ComparisonRow, Estimate } from '../../evaluation/comparison/index.js';
import { dataUrl, escapeHtml, htmlPage, swatched } from './html.js';
import { pageStyle } from './page-style.js';

/** What a row is called below the name of its model: `0.5×`, `average {0.5, 1}`. */
export function wayName({
  combine,
  scales,
  attention,
}: Pick<ComparisonRow, 'combine' | 'scales' | 'attention'>): string {
  const set = `{${[...scales].reverse().join(', ')}}`;
  switch (combine) {
    case 'single':
      return `${scales[0]}×`;
    case 'max':
      return `maximum ${set}`;
    case 'hierarchical':
      return `${attention === 'explicit' ? 'explicit attention' : 'hierarchy'} ${set}`;
    default:
      return `${combine} ${set}`;
  }
}

const percent = (value: number) => (Number.isFinite(value) ? (100 * value).toFixed(1) : '–');
const signed = (value: number) =>
  // What rounds to zero is not below it: no −0.0.
  Number.isFinite(value) ? `${value <= -0.0005 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}` : '–';
const cell = (html: string, kind = '') => `<td class="number${kind}">${html}</td>`;
const small = (text: string) => `<small>${text}</small>`;

/** Cards in the headline, unless all are of trained scales. */
const MOST_CARDS = 6;

/** An image in which the models differ, and its pictures. */
export interface DifferingImage {
  readonly id: string;
  /** The mean IoU of each model, by its name. */
  readonly scores: readonly (readonly [name: string, meanIoU: number])[];
  readonly pictures: readonly {
    readonly title: string;
    readonly type: 'jpeg' | 'png';
    readonly bytes: Uint8Array;
  }[];
}

/**
 * A comparison as one HTML file, which needs neither scripts nor network.
 *
 * @param differing images in which the models differ most, if their pictures were made
 */
export function comparisonPage(comparison: Comparison, differing: readonly DifferingImage[] = []): string {
  const { images, blocks, rows } = comparison;
  const seeds = Math.max(...rows.map((row) => row.seeds));
  const frames = `${blocks} blocks of contiguous frames${seeds > 1 ? ' and the seeds' : ''}`;
  return htmlPage(
    'hmsa compare',
    `${pageStyle}${ownStyle}`,
    `<p>Mean IoU on ${images} ${images === 1 ? 'image' : 'images'}. Intervals are of 95%, by a bootstrap over ${frames};
differences are paired.</p>
${headline(comparison)}
<h2>All ways to label</h2>
${mainTable(comparison)}
${legend(comparison)}
${differences(comparison)}
${differingImages(comparison, differing)}
<h2>Classes</h2>
${classTables(comparison)}`,
  );
}

const ownStyle = `
small { color: color-mix(in srgb, currentColor 70%, transparent); font-size: 12px; white-space: nowrap; }
tr.group td { padding-top: 14px; font-weight: 600; } tr.best td { background: var(--soft); }
td:first-child { position: sticky; left: 0; background: Canvas; } tr.best td:first-child { background: Canvas; }
.way { white-space: nowrap; padding-left: 20px; }
.range { position: relative; display: inline-block; width: 120px; height: 12px; vertical-align: -1px; }
.range i { position: absolute; top: 5px; height: 2px; background: currentColor; opacity: .5; }
.range b { position: absolute; top: 1px; width: 4px; height: 10px; margin-left: -2px; border-radius: 2px; background: #4285f4; }
.range u { position: absolute; top: 0; width: 1px; height: 12px; background: var(--line); }
.range.oracle b { background: var(--note); } .range.weighed b { background: var(--good); }
.card b { font-size: 20px; } .card p { margin: 2px 0 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); }
.keys { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; margin: 0 0 12px; padding: 0; list-style: none; }
.shown { border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px 12px; margin: 0 0 12px; break-inside: avoid; }
.shown h3 { overflow-wrap: anywhere; } .shown p { margin: 0 0 8px; font-size: 13px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(220px, 46%), 1fr)); gap: 8px; }
.pictures figure { border: 0; padding: 0; display: block; } .pictures figcaption { font-size: 12px; }
.ways { font-size: 13px; } .ways td, .ways th { padding: 3px 6px; } .ways td.way { padding-left: 16px; } .ways small { font-size: 11px; } .ways .range { width: 84px; }
@media print { @page { size: landscape; margin: 10mm; } details::details-content { content-visibility: visible; } .pictures { grid-template-columns: repeat(6, 1fr); gap: 4px; }
  .ways { font-size: 10px; } .ways td, .ways th { padding: 2px; } .ways td.way { padding-left: 8px; } .ways small { font-size: 8px; } .ways .range { width: 50px; } }
tr.group small { font-weight: 400; } td.number small { font-weight: 400; }
`;

function headline(comparison: Comparison): string {
  const all = comparison.rows.filter(({ combine }) => combine === 'hierarchical');
  // Where there are many, those at other scales are found in the table alone.
  const rows = all.length <= MOST_CARDS ? all : all.filter(({ trained }) => trained);
  if (rows.length === 0)
    return '<p class="note">No model has an attention that is trained and can weigh these scales.</p>';
  const gain = (
    what: string,
    value: (Estimate & { contender: string; scales: readonly number[] }) | undefined,
  ) => {
    if (value === undefined) return '';
    const kind = value.low > 0 ? 'good' : value.high < 0 ? 'bad' : '';
    return `<p><span class="${kind}">${signed(value.value)}</span> ${small(`[${signed(value.low)}, ${signed(value.high)}]`)} ${escapeHtml(what)}</p>`;
  };
  const cards = rows.map((row) => {
    const { overSingle, overAverage, oracleShare } = row;
    return `<div class="card">${escapeHtml(row.contender)}, ${escapeHtml(wayName(row))}${row.trained ? '' : ' <span class="note">not trained on</span>'}
<p><b>${percent(row.meanIoU.value)}%</b> ${small(`[${percent(row.meanIoU.low)}, ${percent(row.meanIoU.high)}]`)}</p>
${gain(`over the best single scale, ${overSingle?.scales[0]}× of ${overSingle?.contender}`, overSingle)}
${gain(`over the average of ${[...(overAverage?.scales ?? [])].reverse().join(', ')} of ${overAverage?.contender}`, overAverage)}
${oracleShare === undefined ? '' : `<p>${(100 * oracleShare).toFixed(0).replace('-', '−')}% of what the oracle gains over the best single scale</p>`}</div>`;
  });
  return `<div class="cards">${cards.join('\n')}</div>`;
}

function mainTable({ rows, thinClasses }: Comparison): string {
  const ends = rows.flatMap(({ meanIoU: { low, high } }) => [low, high]).filter(Number.isFinite);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const best = Math.max(
    ...rows.filter(({ combine }) => combine !== 'oracle').map(({ meanIoU: { value } }) => value),
  );
  const isThin = thinClasses.length > 0;
  const isKnown = rows.some(({ training }) => training !== undefined);
  const heads = [
    'mean IoU %',
    '',
    'mean accuracy %',
    'boundary IoU %',
    ...(isThin ? ['of thin classes %'] : []),
    'over the best single scale',
    'over the average',
    'share of the oracle',
    'G multiply-adds',
    's an image',
    ...(isKnown ? ['s an epoch of training', 'GB of training'] : []),
  ];
  let contender: string | undefined;
  const body = rows.flatMap((row) => {
    const lines: string[] = [];
    if (row.contender !== contender) {
      contender = row.contender;
      const facts = [
        `${row.trunk}, ${row.head}`,
        row.weights === 'shared' ? 'shared weights' : 'a network for each scale',
        ...(row.seeds === 1 ? [] : [`${row.seeds} seeds`]),
        ...(row.training?.epochs === undefined ? [] : [epochsText(row.training.epochs)]),
      ];
      lines.push(
        `<tr class="group"><td>${escapeHtml(row.contender)}</td><td colspan="${heads.length}">${small(escapeHtml(facts.join(' · ')))}</td></tr>`,
      );
    }
    const number = (value: number | undefined, digits: number, by = 1) =>
      cell(value === undefined || !Number.isFinite(value) ? '' : (value / by).toFixed(digits));
    const gain = (value: Estimate | undefined) =>
      cell(
        value === undefined
          ? ''
          : `${signed(value.value)} ${small(`[${signed(value.low)}, ${signed(value.high)}]`)}`,
        value === undefined ? '' : value.low > 0 ? ' good' : value.high < 0 ? ' bad' : '',
      );
    lines.push(
      `<tr${row.meanIoU.value === best && row.combine !== 'oracle' ? ' class="best"' : ''}><td class="way">${escapeHtml(wayName(row))}${row.trained ? '' : ' <span class="note" title="not trained on">*</span>'}</td>
${cell(`${percent(row.meanIoU.value)} ${small(`[${percent(row.meanIoU.low)}, ${percent(row.meanIoU.high)}]`)}`)}
<td>${range(row, least, most)}</td>
${cell(percent(row.meanAccuracy))}${cell(percent(row.boundaryIoU))}${isThin ? cell(percent(row.thinBoundaryIoU)) : ''}
${gain(row.overSingle)}${gain(row.overAverage)}
${cell(row.oracleShare === undefined ? '' : `${(100 * row.oracleShare).toFixed(0).replace('-', '−')}%`)}
${number(row.work?.multiplyAdds, 2, 1e9)}${number(row.work?.seconds, 3)}
${isKnown ? number(row.training?.secondsPerEpoch, 1) + number(row.training?.peakMemoryBytes, 1, 1e9) : ''}</tr>`,
    );
    return lines;
  });
  return `<div class="scroll"><table class="ways"><thead><tr><th>labelled by</th>${heads.map((head) => `<th class="number">${head}</th>`).join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`;
}

/** A value and its interval on one axis for all rows. */
function range(
  { meanIoU: { value, low, high }, combine }: ComparisonRow,
  least: number,
  most: number,
): string {
  if (![value, low, high, most - least].every(Number.isFinite) || most === least) return '';
  const at = (x: number) => (100 * (x - least)) / (most - least);
  const kind = combine === 'oracle' ? ' oracle' : combine === 'hierarchical' ? ' weighed' : '';
  return `<span class="range${kind}" role="img" aria-label="${percent(value)}% in ${percent(low)} to ${percent(high)}%"><i style="left:${at(low).toFixed(1)}%;width:${(at(high) - at(low)).toFixed(1)}%"></i><b style="left:${at(value).toFixed(1)}%"></b></span>`;
}

function legend({ rows, thinClasses, classes, boundaryRatio, size }: Comparison): string {
  const thin = thinClasses.map((id) => classes[id]!).join(', ');
  return `<ul>
${rows.some(({ trained }) => !trained) ? '<li>* scales on which the network was not trained.</li>' : ''}
<li>The oracle takes at each pixel a scale that is right, wherever one is. Its share is the part that a combination reaches of what
the oracle gains over the best single scale of the same network.</li>
<li>Boundary IoU (<a href="https://arxiv.org/abs/2103.16562">arXiv 2103.16562</a>) counts the pixels of a class within
${(100 * boundaryRatio).toFixed(1)}% of the image's diagonal of its contour.${thin === '' ? '' : ` Thin are the classes that lie almost wholly there: ${escapeHtml(thin)}.`}</li>
${size === undefined ? '' : `<li>Multiply-adds for an image of ${size.width}×${size.height}; seconds are the median of a few images, each way alone.</li>`}
</ul>`;
}

/** What each further model gains over the first one, class by class. */
function differences({ classDifferences, classes, colors }: Comparison): string {
  if (classDifferences.length === 0) return '';
  const over = classDifferences[0]!.over;
  const gain = (value: Estimate) => {
    const kind = value.low > 0 ? ' good' : value.high < 0 ? ' bad' : '';
    const interval = Number.isFinite(value.low)
      ? ` ${small(`[${signed(value.low)}, ${signed(value.high)}]`)}`
      : '';
    return cell(`${signed(value.value)}${interval}`, kind);
  };
  const heads = classDifferences.map(({ contender }) => `<th class="number">${escapeHtml(contender)}</th>`);
  const lines = classes.map(
    (name, id) =>
      `<tr><td>${swatched(name, colors[id]!)}</td>${classDifferences.map(({ classIoU }) => gain(classIoU[id]!)).join('')}</tr>`,
  );
  return `<h2>Differences by class</h2>
<p>IoU over that of <b>${escapeHtml(over)}</b>, in points with the interval of 95%. Each model labels in its usual way: its attention or,
without one, the average of its scales. With many classes some intervals exclude 0 by chance.</p>
<div class="scroll"><table><thead><tr><th>class</th>${heads.join('')}</tr></thead><tbody>
<tr class="best"><td>mean IoU</td>${classDifferences.map(({ meanIoU }) => gain(meanIoU)).join('')}</tr>
${lines.join('\n')}</tbody></table></div>`;
}

function differingImages({ classes, colors }: Comparison, images: readonly DifferingImage[]): string {
  if (images.length === 0) return '';
  const names = classes.map((name, id) => `<li>${swatched(name, colors[id]!)}</li>`);
  const shown = images.map(({ id, scores, pictures }) => {
    const text = scores.map(([name, meanIoU]) => `${name} ${percent(meanIoU)}%`).join(', ');
    const figures = pictures.map(
      ({ title, type, bytes }) =>
        `<figure><img decoding="async" alt="${escapeHtml(`${id}: ${title}`)}" src="${dataUrl(type, bytes)}"><figcaption>${escapeHtml(title)}</figcaption></figure>`,
    );
    return `<section class="shown"><h3>${escapeHtml(id)}</h3><p>mean IoU in this image: ${escapeHtml(text)}</p>
<div class="pictures">${figures.join('')}</div></section>`;
  });
  return `<h2>Images that differ most</h2>
<ul class="keys" aria-label="colours of the classes">${names.join('')}<li>${swatched('wrong', [213, 94, 0])}</li></ul>
${shown.join('\n')}`;
}

/** IoU and boundary IoU of each class, for the rows of the trained scales. */
function classTables({ rows, classes, colors }: Comparison): string {
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  const tables = contenders.map((contender) => {
    const shown = rows.filter(
      (row) => row.contender === contender && (row.trained || row.combine === 'hierarchical'),
    );
    const heads = shown.map((row) => `<th class="number">${escapeHtml(wayName(row))}</th>`).join('');
    const lines = classes.map((name, id) => {
      const values = shown.map(({ classIoU, classBoundaryIoU }) =>
        cell(`${percent(classIoU[id]!)} ${small(percent(classBoundaryIoU[id]!))}`),
      );
      return `<tr><td>${swatched(name, colors[id]!)}</td>${values.join('')}</tr>`;
    });
    return `<details${contenders.length === 1 ? ' open' : ''}><summary>${escapeHtml(contender)}</summary>
<div class="scroll"><table><thead><tr><th>class</th>${heads}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div></details>`;
  });
  return `<p>IoU of each class in %, and its boundary IoU beside it; “–” marks a class that neither occurs nor is found.</p>
${tables.join('\n')}`;
}

function epochsText(count: number): string {
  const text = Number(count.toFixed(1));
  return `${text} ${text === 1 ? 'epoch' : 'epochs'}`;
}
