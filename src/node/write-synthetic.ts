import { join } from 'node:path';
import { z } from 'zod';
import { checkText } from '../base/errors/index.js';
import { callback, checkNamed, type Shape, signal } from '../base/schema/index.js';
import { cityscapes, cityscapesLabels, VOID } from '../data/index.js';
import { colorize } from '../report/pictures/index.js';
import { renderScene, type Scene, type SyntheticOptions } from '../scenes/index.js';
import { writeFileAtomic } from './files/index.js';
import { encodePng } from './images/index.js';

export interface WriteSyntheticOptions extends SyntheticOptions {
  /** The splits to write, with `count` scenes in each. */
  readonly splits: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => unknown;
}

const shape = {
  count: z.int().min(1),
  width: z.int().min(8).max(8192),
  height: z.int().min(8).max(8192),
  seed: z.int(),
  splits: z.array(z.string().min(1)),
  signal,
  onProgress: callback,
} satisfies Shape<WriteSyntheticOptions>;

/** Cityscapes' class for fixed things that have no class of their own. */
const STATIC = 4;
const CITY = 'synthetic';

/**
 * Writes rendered scenes in Cityscapes' layout: `leftImg8bit/SPLIT/synthetic/…_leftImg8bit.png` and, in
 * `gtFine/SPLIT/synthetic`, `…_gtFine_labelIds.png`, `…_labelTrainIds.png`, `…_color.png` and `…_polygons.json`. An
 * existing scene is written again, with the same bytes.
 *
 * @throws HmsaError that names the option that does not fit, or the file that could not be written
 */
export async function writeSyntheticDataset(root: string, options: WriteSyntheticOptions): Promise<void> {
  checkText(root, 'writeSyntheticDataset', 'the path of a folder');
  checkNamed(shape, options, 'writeSyntheticDataset');
  const { count, splits, signal: abort, onProgress, ...rest } = options;
  let done = 0;
  for (const split of splits) {
    for (let index = 0; index < count; index++) {
      abort?.throwIfAborted();
      await writeScene(root, split, index, renderScene({ ...rest, split, index, outlines: true }));
      await onProgress?.(++done, splits.length * count);
    }
  }
}

async function writeScene(root: string, split: string, index: number, scene: Scene): Promise<void> {
  const { width, height, image, label } = scene;
  // City, sequence and frame, in the form that the official tools expect.
  const frame = `${CITY}_${String(index).padStart(6, '0')}_000019`;
  const photo = join(root, 'leftImg8bit', split, CITY, `${frame}_leftImg8bit.png`);
  const labels = (ending: string) => join(root, 'gtFine', split, CITY, `${frame}_gtFine_${ending}`);
  const map = (data: Uint8Array) => encodePng({ data, width, height });
  const files: [string, Uint8Array | string][] = [
    [photo, await map(image)],
    [labels('labelIds.png'), await map(label.map((id) => (id === VOID ? STATIC : cityscapes.ids![id]!)))],
    [labels('labelTrainIds.png'), await map(label)],
    [labels('color.png'), await encodePng(colorize(label, width, height, cityscapes))],
    [labels('polygons.json'), polygonsOf(scene)],
  ];
  for (const [path, content] of files) await writeFileAtomic(path, content);
}

/** Cityscapes' annotation file: outlines from far to near, in whole pixels, cut at the edges of the picture. */
function polygonsOf({ width, height, polygons }: Scene): string {
  const names = new Map(cityscapesLabels.labels.map(({ id, name }) => [id, name]));
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, Math.round(value)));
  const objects = polygons.map(({ label, points }) => ({
    label: label === VOID ? names.get(STATIC) : cityscapes.names[label],
    polygon: points.map(([x, y]) => [clamp(x, width), clamp(y, height)]),
  }));
  const sky = {
    label: 'sky',
    polygon: [
      [0, 0],
      [width, 0],
      [width, height],
      [0, height],
    ],
  };
  return `${JSON.stringify({ imgHeight: height, imgWidth: width, objects: [sky, ...objects] })}\n`;
}
