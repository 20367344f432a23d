import { HmsaError } from '../../errors/index.js';
import type { Segmentation, Segmenter } from '../../predict/index.js';
import { writeFileAtomic } from '../files/index.js';
import { encodePng, type Pixels, type RgbImage } from '../images/index.js';
import { about } from './about.js';
import { colorize, heatmap, overlay } from './render.js';
import { type ReducedOptions, segmentReduced } from './segment-reduced.js';

/** The pictures that can be written of each image, by the name that `--save` takes. */
export const pictureKinds = ['labels', 'color', 'overlay', 'attention', 'scales'] as const;
export type PictureKind = (typeof pictureKinds)[number];

export interface LabelledFile {
  readonly file: string;
  /** The pictures. */
  readonly written: readonly string[];
}

export interface FailedFile {
  readonly file: string;
  /** One line that names it. */
  readonly message: string;
}

/** An image, and where its pictures go. */
export interface ImageToLabel {
  /** What errors call it. */
  readonly file: string;
  readonly read: () => Promise<RgbImage>;
  /** The path of its pictures, less `.labels.png` and the like. */
  readonly stem: string;
}

/** Whether the pictures need what each scale says. */
export function needsDetails(save: readonly PictureKind[]): boolean {
  return save.includes('attention') || save.includes('scales');
}

/**
 * Labels one image and writes its pictures.
 *
 * @returns what was written, or what is wrong with the image
 * @throws HmsaError when a picture cannot be written
 */
export async function labelImage(
  segmenter: Segmenter,
  { file, read, stem }: ImageToLabel,
  save: readonly PictureKind[],
  options: Omit<ReducedOptions, 'details'>,
): Promise<LabelledFile | FailedFile> {
  const labelled = await outcome(async () => {
    const image = await read();
    const details = needsDetails(save);
    const result = await about(file, () => segmentReduced(segmenter, image, { ...options, details }));
    return { image, result };
  });
  if (labelled instanceof HmsaError) return { file, message: labelled.message };
  return { file, written: await writePictures(segmenter, labelled.image, labelled.result, stem, save) };
}

/** What a task gives, or the error that its input caused. */
async function outcome<T>(task: () => Promise<T>): Promise<T | HmsaError> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof HmsaError) return error;
    throw error;
  }
}

async function writePictures(
  { model: { classes } }: Segmenter,
  image: RgbImage,
  { width, height, labels, scales = [] }: Segmentation,
  stem: string,
  save: readonly PictureKind[],
): Promise<string[]> {
  const pictures: [name: string, pixels: () => Pixels][] = [];
  const colored = () => colorize(labels, width, height, classes);
  if (save.includes('labels')) pictures.push(['labels', () => ({ data: labels, width, height })]);
  if (save.includes('color')) pictures.push(['color', colored]);
  if (save.includes('overlay')) pictures.push(['overlay', () => overlay(image, colored())]);
  for (const { scale, labels: own, attention } of scales) {
    if (save.includes('attention') && attention !== undefined) {
      pictures.push([`attention@${scale}`, () => heatmap(attention, width, height)]);
    }
    if (save.includes('scales'))
      pictures.push([`labels@${scale}`, () => colorize(own, width, height, classes)]);
  }
  const written: string[] = [];
  for (const [name, pixels] of pictures) {
    const path = `${stem}.${name}.png`;
    await writeFileAtomic(path, await encodePng(pixels()));
    written.push(path);
  }
  return written;
}
