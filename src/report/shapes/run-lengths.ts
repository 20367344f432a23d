import { checkArgument, checkTexts, isRecord } from '../../base/errors/index.js';
import { checkPixels } from '../../base/pixels.js';
import type { ClassMap } from '../../data/index.js';

/** The pixels of one class as COCO's run lengths. */
export interface RunLengths {
  /** Train id. */
  readonly id: number;
  readonly pixels: number;
  /** Left, top, width and height of the smallest box around them, in pixels. */
  readonly bbox: readonly [number, number, number, number];
  readonly segmentation: {
    /** Height and width, in COCO's order. */
    readonly size: readonly [number, number];
    /** The lengths of the runs, or COCO's text for them. */
    readonly counts: string | readonly number[];
  };
}

/**
 * The run lengths of every class in a label map, as COCO and pycocotools use them: column by column, from the top left; the
 * first run is of other pixels and may be empty. Classes are in the order of their ids; pixels of no class are left out.
 *
 * @param labels train ids, H·W, row-major
 * @param count the number of classes
 * @param options `compressed`: whether `counts` is COCO's text, the default, or a list of numbers
 * @throws HmsaError when the labels are not one byte for each pixel
 */
export function runLengths(
  labels: Uint8Array,
  width: number,
  height: number,
  count: number,
  options: { readonly compressed?: boolean } = {},
): RunLengths[] {
  checkPixels({ data: labels, width, height }, 'runLengths', { channels: 1 });
  checkArgument(Number.isInteger(count) && count >= 0, 'runLengths', 'a number of classes', count);
  checkArgument(isRecord(options), 'runLengths', 'an object of options', options);
  const { compressed = true } = options as { readonly compressed?: unknown };
  checkArgument(typeof compressed === 'boolean', 'runLengths, compressed', 'true or false', compressed);
  const size = [height, width] as const;
  return tally(labels, width, height)
    .slice(0, count)
    .flatMap((found, id) => {
      if (found === undefined) return [];
      const { runs, box } = found;
      const end = found.end;
      // COCO has the last run even if it is of other pixels, and none of length 0 there.
      const rest = width * height - end;
      const counts = rest > 0 ? [...runs, rest] : runs;
      const bbox = [box.left, box.top, box.right - box.left + 1, box.bottom - box.top + 1] as const;
      return [
        {
          id,
          pixels: found.pixels,
          bbox,
          segmentation: { size, counts: compressed ? runText(counts) : counts },
        },
      ];
    });
}

interface Tally {
  readonly runs: number[];
  readonly box: { left: number; top: number; right: number; bottom: number };
  pixels: number;
  /** The first position, column by column, after the last pixel of the class. */
  end: number;
}

/** One pass over the columns for all classes. */
function tally(labels: Uint8Array, width: number, height: number): (Tally | undefined)[] {
  const found = new Array<Tally | undefined>(256).fill(undefined);
  for (let x = 0, position = 0; x < width; x++) {
    for (let y = 0; y < height; y++, position++) {
      const id = labels[y * width + x]!;
      let of = found[id];
      if (of === undefined) {
        of = { runs: [], box: { left: x, top: y, right: x, bottom: y }, pixels: 0, end: 0 };
        found[id] = of;
        of.runs.push(position, 1);
      } else if (of.end === position) {
        of.runs[of.runs.length - 1]!++;
      } else {
        of.runs.push(position - of.end, 1);
      }
      of.pixels++;
      of.end = position + 1;
      if (y < of.box.top) of.box.top = y;
      if (y > of.box.bottom) of.box.bottom = y;
      of.box.right = x;
    }
  }
  return found;
}

/**
 * COCO's text for run lengths: from the third on each as its difference from the one before the last, in groups of five bits
 * from the lowest, a sixth bit that says whether more follow, and 48 added to make it a letter. (`rleToString` of
 * github.com/cocodataset/cocoapi, common/maskApi.c.)
 */
function runText(counts: readonly number[]): string {
  const codes: number[] = [];
  for (const [i, count] of counts.entries()) {
    let rest = i > 2 ? count - counts[i - 2]! : count;
    for (let more = true; more; ) {
      const bits = rest & 0x1f;
      rest >>= 5;
      more = bits & 0x10 ? rest !== -1 : rest !== 0;
      codes.push((more ? bits | 0x20 : bits) + 48);
    }
  }
  let text = '';
  for (let i = 0; i < codes.length; i += 8192) text += String.fromCharCode(...codes.slice(i, i + 8192));
  return text;
}

/** A file of COCO annotations about one image. */
export interface CocoFile {
  readonly info: { readonly description: string };
  readonly images: readonly { id: number; file_name: string; width: number; height: number }[];
  readonly categories: readonly { id: number; name: string }[];
  readonly annotations: readonly {
    readonly id: number;
    readonly image_id: number;
    readonly category_id: number;
    readonly segmentation: RunLengths['segmentation'];
    readonly area: number;
    readonly bbox: RunLengths['bbox'];
    readonly iscrowd: 1;
  }[];
}

/**
 * Run lengths as a file that COCO's tools open: one image, the classes as categories with their train ids, and one annotation
 * for each class that occurs. `iscrowd` is 1, as it is where an annotation covers everything of a class.
 *
 * @param name the file name of the image
 * @throws HmsaError when the labels are not one byte for each pixel, or the classes have no names
 */
export function cocoFile(
  name: string,
  labels: Uint8Array,
  width: number,
  height: number,
  classes: Pick<ClassMap, 'names'>,
  options: { readonly compressed?: boolean } = {},
): CocoFile {
  checkArgument(typeof name === 'string', 'cocoFile', 'the name of an image', name);
  checkArgument(isRecord(classes), 'cocoFile', 'classes with names', classes);
  checkTexts(classes.names, 'cocoFile, names', 'a list of names');
  const { names } = classes as Pick<ClassMap, 'names'>;
  const runs = runLengths(labels, width, height, names.length, options);
  return {
    info: { description: 'Labels of hmsa segment; category ids are train ids.' },
    images: [{ id: 1, file_name: name, width, height }],
    categories: names.map((text, id) => ({ id, name: text })),
    annotations: runs.map(({ id, pixels, bbox, segmentation }, i) => ({
      id: i + 1,
      image_id: 1,
      category_id: id,
      segmentation,
      area: pixels,
      bbox,
      iscrowd: 1 as const,
    })),
  };
}
