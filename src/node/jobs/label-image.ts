import { setImmediate } from 'node:timers/promises';
import { HmsaError, withFile } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import type { Size } from '../../data/index.js';
import type { Segmentation, Segmenter, SegmentOptions } from '../../prediction/index.js';
import { type ClassShare, classShares, colorize, heatmap, overlay } from '../../report/pictures/index.js';
import { encodePng, withLegend, withScaleBar } from '../images/index.js';
import { OWN_SOFTWARE, PictureFiles } from './picture-files.js';

/** The pictures that can be written for each image, by their name for `--save`. */
export const pictureKinds = ['labels', 'color', 'overlay', 'legend', 'attention', 'scales'] as const;
export type PictureKind = (typeof pictureKinds)[number];

export interface LabelledFile {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** The size at which the network saw it at scale 1. */
  readonly seen: Size;
  /** Its classes, the largest first. */
  readonly classes: readonly ClassShare[];
  /** Paths of the pictures. */
  readonly written: readonly string[];
}

export interface FailedFile {
  readonly file: string;
  /** One line that names it. */
  readonly message: string;
  /** Pictures that were written before the failure. */
  readonly written: readonly string[];
}

/** An image and the place of its pictures. */
export interface ImageToLabel {
  /** What errors call it. */
  readonly file: string;
  readonly read: () => Promise<Pixels>;
  /** The path of its pictures, without `.labels.png` and the like. */
  readonly stem: string;
}

export interface LabelOptions extends Omit<SegmentOptions, 'details'> {
  /** Where the pictures may be written. Default: anywhere, replacing any file. */
  readonly files?: PictureFiles;
}

/** Whether the pictures need the labels and attention of each scale. */
export function needsDetails(save: readonly PictureKind[]): boolean {
  return save.includes('attention') || save.includes('scales');
}

/**
 * Labels one image and writes its pictures.
 *
 * @returns the classes and pictures, or the reason why the image could not be labelled or a picture not be written
 */
export async function labelImage(
  segmenter: Segmenter,
  { file, read, stem }: ImageToLabel,
  save: readonly PictureKind[],
  { files, ...options }: LabelOptions,
): Promise<LabelledFile | FailedFile> {
  const written: string[] = [];
  try {
    const target = files ?? (await PictureFiles.open([], { overwrite: true }));
    const names = pictureNames(save, options.scales ?? segmenter.model.config.scales);
    // Before the labelling, so that either all pictures of an image are written or none.
    for (const name of names) await target.check(`${stem}.${name}.png`);
    const image = await read();
    const details = needsDetails(save);
    const found = await withFile(file, () => segmenter.segment(image, { ...options, details }));
    const classes = classShares(found.labels, segmenter.classes);
    for (const [name, png] of pictures(segmenter, image, found, classes, save)) {
      const path = `${stem}.${name}.png`;
      // Pictures of millions of pixels keep this thread busy. This lets signals through in between.
      await setImmediate();
      await target.write(path, await png());
      written.push(path);
    }
    const { width, height, seen } = found;
    return { file, width, height, seen, classes, written };
  } catch (error) {
    if (error instanceof HmsaError) return { file, message: error.message, written };
    throw error;
  }
}

/**
 * The names of all pictures that may be written. The highest scale has no attention, but one name too many does no
 * harm.
 */
function pictureNames(save: readonly PictureKind[], scales: readonly number[]): string[] {
  const each = (name: string) => scales.map((scale) => `${name}@${scale}`);
  return save.flatMap((kind) => {
    if (kind === 'attention') return each('attention');
    return kind === 'scales' ? [...each('labels'), ...each('color')] : [kind];
  });
}

function* pictures(
  { model: { classes } }: Segmenter,
  image: Pixels,
  { width, height, labels, scales = [] }: Segmentation,
  shares: readonly ClassShare[],
  save: readonly PictureKind[],
): Generator<[name: string, png: () => Promise<Uint8Array>]> {
  const software = OWN_SOFTWARE;
  const labelMap = (data: Uint8Array) => () =>
    encodePng({ data, width, height }, { palette: classes.colors, software });
  const colored = (data: Uint8Array) => colorize(data, width, height, classes);
  const laidOver = () => overlay(image, colored(labels));
  if (save.includes('labels')) yield ['labels', labelMap(labels)];
  if (save.includes('color')) yield ['color', () => encodePng(colored(labels), { software })];
  if (save.includes('overlay')) yield ['overlay', () => encodePng(laidOver(), { software })];
  if (save.includes('legend')) {
    yield ['legend', async () => encodePng(await withLegend(laidOver(), shares, classes), { software })];
  }
  // With a legend, a bar below the map explains its colours.
  const attentionMap = (attention: Float32Array, scale: number) => {
    const map = heatmap(attention, width, height);
    const above = scales.map((other) => other.scale).filter((other) => other > scale);
    const low = above.length === 1 ? `trust scale ${above[0]}` : 'trust other scales';
    return save.includes('legend') ? withScaleBar(map, low, `trust scale ${scale}`) : map;
  };
  for (const { scale, labels: own, attention } of scales) {
    if (save.includes('attention') && attention !== undefined) {
      yield [`attention@${scale}`, async () => encodePng(await attentionMap(attention, scale), { software })];
    }
    if (save.includes('scales')) {
      yield [`labels@${scale}`, labelMap(own)];
      yield [`color@${scale}`, () => encodePng(colored(own), { software })];
    }
  }
}
