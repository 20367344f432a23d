import { checkArgument, isRecord } from '../../base/errors/index.js';
import { checkColors, checkPixels, type Pixels } from '../../base/pixels.js';
import type { ClassMap, Size } from '../../data/index.js';

/** The default width of a line is this share of the shorter side, at least one pixel to each side of the border. */
const LINE = 1 / 400;

/**
 * Draws the borders between classes on a photograph. A line lies to both sides of a border, on each side in the colour of the
 * class there; what is no class is black.
 *
 * @param labels train ids, H·W
 * @param line pixels of the line to each side of a border; default: by the size of the picture
 * @throws HmsaError when they are not a photograph, labels of its size and classes with colours, or the line is out of range
 */
export function outline(
  photo: Pixels,
  labels: Uint8Array,
  classes: Pick<ClassMap, 'colors'>,
  line?: number,
): Pixels {
  checkPixels(photo, 'outline', { channels: 3 });
  const { width, height } = photo;
  checkPixels({ data: labels, width, height }, 'outline, labels', { channels: 1 });
  checkArgument(isRecord(classes), 'outline', 'classes with colours', classes);
  const { colors } = classes as Pick<ClassMap, 'colors'>;
  checkColors(colors, 'outline, colors');
  const reach = line ?? defaultLine(photo);
  checkArgument(
    Number.isInteger(reach) && reach >= 1 && reach <= 1000,
    'outline, line',
    'a whole number of pixels from 1 to 1000',
    line,
  );
  const data = photo.data.slice();
  const near = widened(borders(labels, width, height), width, height, reach - 1);
  for (let i = 0; i < labels.length; i++) if (near[i] === 1) data.set(colors[labels[i]!] ?? [0, 0, 0], i * 3);
  return { data, width, height };
}

/** Pixels of a line to each side of a border, by the size of a picture. */
export function defaultLine({ width, height }: Size): number {
  return Math.max(1, Math.round(Math.min(width, height) * LINE));
}

/** 1 for pixels beside one of another class. */
function borders(labels: Uint8Array, width: number, height: number): Uint8Array {
  const marks = new Uint8Array(labels.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (x + 1 < width && labels[i] !== labels[i + 1]) marks[i] = marks[i + 1] = 1;
      if (y + 1 < height && labels[i] !== labels[i + width]) marks[i] = marks[i + width] = 1;
    }
  }
  return marks;
}

/** Marks, and what is within a distance of them along both axes. */
function widened(marks: Uint8Array, width: number, height: number, distance: number): Uint8Array {
  if (distance === 0) return marks;
  const along = (from: Uint8Array, lines: number, length: number, lineStep: number, step: number) => {
    const to = new Uint8Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let pass = 0; pass < 2; pass++) {
        let since = distance + 1;
        for (let i = 0; i < length; i++) {
          const at = line * lineStep + (pass === 0 ? i : length - 1 - i) * step;
          since = from[at] === 1 ? 0 : since + 1;
          if (since <= distance) to[at] = 1;
        }
      }
    }
    return to;
  };
  return along(along(marks, height, width, width, 1), width, height, 1, width);
}
