import type { ScaleFindings } from '../../evaluation/diagnosis/index.js';
import { swatched } from '../pages/index.js';
import { percent, scaleColor, scaleShares } from '../plots/index.js';
import { chartFigure, details, numberTable, points, signed } from './parts.js';
import type { ReportedScores } from './scores.js';

/** What each scale is worth: alone, left out, and by its share of the attention. */
export function scalesSection(scores: ReportedScores, findings: readonly ScaleFindings[]): string {
  const { classes, meanIoU, classIoU } = scores;
  const isWeighed = findings.every(({ classShare }) => classShare !== undefined);
  const canBeLeftOut = findings.some(({ without }) => without !== undefined);
  const rows = findings.map(({ scale, alone, without, share, won }, index) => [
    swatched(`scale\u00a0${scale}`, scaleColor(index)),
    points(alone.meanIoU),
    ...(canBeLeftOut
      ? [
          without === undefined ? '' : points(without.meanIoU),
          without === undefined ? '' : signed(meanIoU - without.meanIoU),
        ]
      : []),
    ...(isWeighed ? [percent(share!), percent(won!)] : []),
  ]);
  const table = numberTable(
    [
      'scale',
      'mean IoU alone %',
      ...(canBeLeftOut ? ['mean IoU without it %', 'it adds'] : []),
      ...(isWeighed ? ['share of the attention', 'pixels won'] : []),
    ],
    [
      [
        '<b>all scales</b>',
        points(meanIoU),
        ...(canBeLeftOut ? ['', ''] : []),
        ...(isWeighed ? ['', ''] : []),
      ],
      ...rows,
    ],
  );
  const names = findings.map(({ scale }) => `scale ${scale}`);
  const byClass = numberTable(
    [
      'class',
      'all %',
      ...names.flatMap((name) => [
        `${name} alone %`,
        ...(canBeLeftOut ? [`${name} adds`] : []),
        ...(isWeighed ? [`${name} share`] : []),
      ]),
    ],
    classes.names.map((name, id) => [
      swatched(name, classes.colors[id] ?? [128, 128, 128]),
      points(classIoU[id]!),
      ...findings.flatMap(({ alone, without, classShare }) => [
        points(alone.classIoU[id]!),
        ...(canBeLeftOut ? [without === undefined ? '' : signed(classIoU[id]! - without.classIoU[id]!)] : []),
        ...(isWeighed ? [percent(classShare![id]!)] : []),
      ]),
    ]),
  );
  const shares = isWeighed
    ? chartFigure(
        'Share of each scale by true class',
        scaleShares(
          classes.names,
          findings.map(({ scale }) => scale),
          findings.map(({ classShare }) => classShare!),
        ),
        names,
      )
    : '<p class="quiet">Without attention no scale has a share: the scales were combined by a fixed rule.</p>';
  return `${table}
<p class="quiet">${canBeLeftOut ? 'What a scale adds is the IoU of all scales minus that without it, in points.' : 'No scale can be left out: the attention of this model weighs exactly the scales that it was trained on.'}${isWeighed ? ' A pixel is won by the scale with the largest share there.' : ''}</p>
<div class="side">${shares}<div>${details('By class', byClass)}</div></div>`;
}
