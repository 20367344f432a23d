import { escapeHtml, swatched } from '../pages/index.js';
import { calibrationCurve, classBars, confusionMap, MOST_CONFUSED, percent } from '../plots/index.js';
import { card, chartFigure, details, numberTable, points, shareCard } from './parts.js';
import type { ReportedScores } from './scores.js';

/** The scores of the whole set, and of each class as bars and as a table. */
export function classSection(scores: ReportedScores, links: ReadonlyMap<number, string> = new Map()): string {
  const { classes, classIoU, classAccuracy, classPixels, boundary, images, scales, combine } = scores;
  const way = scales.length === 1 ? `scale ${scales[0]}` : `${combine} over ${scales.join(', ')}`;
  const rows = classes.names.map((name, id) => [
    swatched(name, classes.colors[id] ?? [128, 128, 128]),
    points(classIoU[id]!),
    points(classAccuracy[id]!),
    ...(boundary === undefined ? [] : [points(boundary.classIoU[id]!)]),
    ...(classPixels === undefined ? [] : [classPixels[id]!.toLocaleString('en')]),
    ...(links.size === 0 ? [] : [links.get(id) ?? '']),
  ]);
  const heads = [
    'class',
    'IoU %',
    'accuracy %',
    ...(boundary === undefined ? [] : ['boundary IoU %']),
    ...(classPixels === undefined ? [] : ['pixels']),
    ...(links.size === 0 ? [] : ['images']),
  ];
  return `<div class="cards">
${shareCard(scores.meanIoU, 'mean IoU')}${shareCard(scores.meanAccuracy, 'mean accuracy')}${shareCard(scores.pixelAccuracy, 'pixel accuracy')}
${boundary === undefined ? '' : shareCard(boundary.meanIoU, 'boundary IoU')}
${scores.imageMeanIoU === undefined ? '' : shareCard(scores.imageMeanIoU, 'mean IoU of single images')}
${card(String(images), `images, ${way}`)}</div>
<div class="charts">${chartFigure('IoU', classBars(classes, classIoU, classPixels))}
<div>${numberTable(heads, rows)}
<p class="quiet">“–”: the class neither occurs nor is found.${boundary === undefined ? '' : ` Boundary IoU (arXiv 2103.16562) counts the pixels within ${(100 * boundary.ratio).toFixed(1)} % of the diagonal of the contour of the class.`}</p></div></div>`;
}

/** How many of the largest confusions are listed. */
const MOST_PAIRS = 10;

/** What is taken for what: a heat map, the largest confusions, and all shares as a table. */
export function confusionSection({
  classes: { names },
  confusion,
}: Pick<ReportedScores, 'classes'> & Required<Pick<ReportedScores, 'confusion'>>): string {
  const totals = confusion.map((row) => row.reduce((sum, pixels) => sum + pixels, 0));
  const all = totals.reduce((sum, pixels) => sum + pixels, 0);
  const columns = [...names, 'no class'];
  const pairs = confusion
    .flatMap((row, truth) =>
      row.flatMap((pixels, found) => (truth === found || pixels === 0 ? [] : [{ truth, found, pixels }])),
    )
    .sort((a, b) => b.pixels - a.pixels)
    .slice(0, MOST_PAIRS);
  const largest = numberTable(
    ['truth', 'prediction', 'of the class', 'of all pixels'],
    pairs.map(({ truth, found, pixels }) => [
      escapeHtml(names[truth]!),
      escapeHtml(columns[found]!),
      percent(pixels / totals[truth]!),
      percent(pixels / all),
    ]),
  );
  const isSmall = names.length <= MOST_CONFUSED;
  const table = () =>
    details(
      'As a table',
      numberTable(
        ['truth, pixels %', ...columns.map(escapeHtml)],
        confusion.map((row, truth) => [
          escapeHtml(names[truth]!),
          ...row.map((pixels) => (pixels === 0 ? '' : points(pixels / totals[truth]!))),
        ]),
      ),
    );
  return `<p class="quiet">Each row, a class of the truth, is divided by its pixels: the numbers are per cent of the row.</p>
<div class="charts">${isSmall ? `<figure class="chart wide">${confusionMap(names, confusion).svg}</figure>` : `<p>A map of ${names.length} classes cannot be read; these are the largest confusions.</p>`}
<div><h3>Largest confusions</h3>${largest}</div></div>
${isSmall ? table() : ''}`;
}

/** Whether the model knows when it is right. */
export function calibrationSection({ calibration }: Required<Pick<ReportedScores, 'calibration'>>): string {
  const { bins, error } = calibration;
  const counted = bins.filter(({ pixels }) => pixels > 0);
  const total = counted.reduce((sum, { pixels }) => sum + pixels, 0);
  const table = numberTable(
    ['confidence', 'mean confidence', 'right', 'of the pixels'],
    counted.map(({ from, to, confidence, accuracy, pixels }) => [
      `${(100 * from).toFixed(0)}–${(100 * to).toFixed(0)} %`,
      percent(confidence),
      percent(accuracy),
      percent(pixels / total),
    ]),
  );
  const over = counted.reduce(
    (sum, { pixels, confidence, accuracy }) => sum + pixels * (confidence - accuracy),
    0,
  );
  return `<div class="cards">${shareCard(error, 'expected calibration error')}
${card(over > 0 ? 'too sure' : 'too modest', `by ${percent(Math.abs(over) / total)} on average`)}</div>
<div class="charts">${chartFigure('Right by confidence', calibrationCurve(bins), [], 'On the dashed line a model is right as often as it says. The size of a point grows with its share of the pixels.')}
<div>${details('As a table', table)}</div></div>`;
}
