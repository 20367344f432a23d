import { z } from 'zod';
import { checkArgument, isRecord } from '../../base/errors/index.js';
import { checkPixels, type Pixels } from '../../base/pixels.js';
import { checkNamed, flag, type Shape, text } from '../../base/schema/index.js';
import { type ClassMap, parseColor, VOID } from '../../data/index.js';
import type { Segmentation } from '../../prediction/index.js';
import { classShares, gridOf, safeColors } from '../../report/pictures/index.js';
import type { Figure } from './figures.js';
import { encoded, picturesOf } from './pictures.js';

export interface FigureOptions {
  /** Train ids or 255, H·W, in the classes of the model: adds the truth and the errors. */
  readonly truth?: Uint8Array;
  /** Above the pictures. */
  readonly title?: string;
  /** Show classes in colours that colour-blind people tell apart, in place of their own. */
  readonly safeColors?: boolean;
  /** Pictures side by side; default 3. */
  readonly columns?: number;
  /** Stored in the drawing as the name of the program that made it. */
  readonly software?: string;
}

const optionKeys = {
  truth: z.instanceof(Uint8Array).optional(),
  title: text,
  safeColors: flag,
  columns: z.int().min(1).max(12).optional(),
  software: text,
} satisfies Shape<FigureOptions>;

/** Pixels across each picture in the file, twice those of the drawing. */
const WIDTH = 720;

/**
 * The grid that papers on attention print, as a drawing with legends: the photograph, its truth and the errors if it is known, the
 * prediction, the prediction and the attention of each scale, which scale won each pixel, the names of the classes and the scale
 * of the attention. {@link figurePng} makes a PNG file of it.
 *
 * ```ts
 * const photo = await decodeImage('street.jpg');
 * const { svg } = await figure(photo, await model.segment(photo, { details: true }), model.classes);
 * ```
 *
 * @param photo RGB
 * @param found its segmentation, with `details` for the pictures of each scale
 * @param classes of the model
 * @throws HmsaError when photograph, segmentation and truth differ in their size
 */
export async function figure(
  photo: Pixels,
  found: Segmentation,
  classes: ClassMap,
  options: FigureOptions = {},
): Promise<Figure> {
  checkPixels(photo, 'figure', { channels: 3 });
  const isFound = isRecord(found) && found.labels instanceof Uint8Array;
  checkArgument(isFound, 'figure', 'a segmentation, as model.segment gives it', found);
  checkPixels({ data: found.labels, width: photo.width, height: photo.height }, 'figure, labels', {
    channels: 1,
  });
  const isClasses = isRecord(classes) && Array.isArray(classes.names) && Array.isArray(classes.colors);
  checkArgument(isClasses, 'figure', 'classes, such as model.classes', classes);
  checkNamed(optionKeys, options, 'figure');
  const { truth, title, columns, software } = options;
  const { scaleColor } = await import('../../report/plots/index.js');
  const { names } = classes;
  const { scales = [] } = found;
  const colors = {
    classes: options.safeColors ? safeColors(names.length) : classes.colors,
    scales: scales.map((_, i) => parseColor(scaleColor(i))),
  };
  const pictures = picturesOf({ photo, label: truth, found }, classes, colors, true);
  const panels = await Promise.all(
    pictures.map(async (picture) => {
      const { type, bytes } = await encoded(picture, WIDTH);
      const image = `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;
      return { title: picture.title, image, width: photo.width, height: photo.height };
    }),
  );
  // Only classes that are to be seen.
  const maps = [found.labels, ...(truth ? [truth] : []), ...scales.map(({ labels }) => labels)];
  const present = new Set(maps.flatMap((labels) => classShares(labels, classes).map(({ id }) => id)));
  const entries = names.flatMap((name, id) =>
    present.has(id) ? [{ name, color: colors.classes[id] ?? ([128, 128, 128] as const) }] : [],
  );
  const hasErrors = pictures.some(({ title: what }) => what === 'errors');
  const hasWinners = pictures.some(({ title: what }) => what === 'which scale won');
  const { svg } = gridOf(panels, {
    ...(title !== undefined && { title }),
    ...(columns !== undefined && { columns }),
    ...(software !== undefined && { software }),
    ...(scales.some(({ attention }) => attention !== undefined) && {
      scaleBar: {
        heading: 'Attention',
        low: '0, other scales are trusted',
        high: '1, this scale is trusted',
      },
    }),
    legends: [
      {
        heading: 'Classes',
        entries: [
          ...entries,
          ...(hasErrors ? [{ name: 'wrong', color: [213, 94, 0] as const }] : []),
          ...(truth?.includes(VOID) ? [{ name: 'not scored', color: [0, 0, 0] as const }] : []),
        ],
      },
      ...(hasWinners
        ? [
            {
              heading: 'The scale that won',
              entries: scales.map(({ scale }, i) => ({ name: `scale ${scale}`, color: colors.scales[i]! })),
            },
          ]
        : []),
    ],
  });
  return { name: 'figure', svg };
}
