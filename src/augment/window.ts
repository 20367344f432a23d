import { type Sample, VOID } from '../data/index.js';
import type { Generator } from '../random/index.js';
import type { Picture } from './picture.js';
import { type Axis, resampleImage, resampleLabel, resamplingAxis } from './resample.js';

/** A size in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of an enlarged or reduced photograph that a crop takes; it may reach over the edges. */
export interface Window extends Size {
  /** Size of the whole photograph after scaling. */
  readonly scaled: Size;
  /** Upper left corner in the scaled photograph; negative where padding comes first. */
  readonly left: number;
  readonly top: number;
}

/** Where a crop should be centred, in pixels of the photograph as it is stored. */
export interface Center {
  readonly x: number;
  readonly y: number;
}

/**
 * Places a crop: centred on a point as far as the photograph reaches, or anywhere with equal chance. Where the
 * photograph is smaller than the crop, it lies wholly inside, anywhere.
 */
export function placeWindow(
  source: Size,
  factor: number,
  crop: Size,
  random: Generator,
  center?: Center,
): Window {
  const scaled = {
    width: Math.max(1, Math.round(source.width * factor)),
    height: Math.max(1, Math.round(source.height * factor)),
  };
  const place = (scaledSide: number, cropSide: number, middle: number | undefined) => {
    const low = Math.min(0, scaledSide - cropSide);
    const high = Math.max(0, scaledSide - cropSide);
    // Drawn also when it is not needed, so that one axis never shifts the other's numbers.
    const anywhere = low + random.int(high - low + 1);
    if (middle === undefined) return anywhere;
    return Math.max(low, Math.min(high, Math.floor(middle - cropSide / 2)));
  };
  const along = (point: number | undefined, from: number, to: number) =>
    point === undefined ? undefined : ((point + 0.5) * to) / from;
  return {
    ...crop,
    scaled,
    left: place(scaled.width, crop.width, along(center?.x, source.width, scaled.width)),
    top: place(scaled.height, crop.height, along(center?.y, source.height, scaled.height)),
  };
}

/** What lies outside the photograph: the mean colour of ImageNet, which normalisation takes to about zero. */
export const PADDING = [124, 116, 104] as const;

/**
 * Takes a window out of a photograph and its labels. Only what the window shows is resampled: the image
 * bilinearly with half-pixel centres, with the filter widened when it shrinks (antialias), the labels from the
 * nearest pixel. Outside is {@link PADDING} and void.
 */
export function takeWindow(sample: Sample, window: Window): Picture {
  const { width, height, scaled, left, top } = window;
  const image = new Uint8Array(width * height * 3);
  const label = sample.label && new Uint8Array(width * height).fill(VOID);
  const x0 = Math.max(0, -left);
  const x1 = Math.min(width, scaled.width - left);
  const y0 = Math.max(0, -top);
  const y1 = Math.min(height, scaled.height - top);
  if (x0 > 0 || y0 > 0 || x1 < width || y1 < height) {
    for (let k = 0; k < image.length; k += 3) image.set(PADDING, k);
  }
  const target = { image, label, width, x0, y0 };
  if (scaled.width === sample.width && scaled.height === sample.height) {
    copyRows(sample, target, left, top, x1 - x0, y1 - y0);
  } else {
    const across = resamplingAxis(sample.width, scaled.width, left + x0, x1 - x0);
    const down = resamplingAxis(sample.height, scaled.height, top + y0, y1 - y0);
    resampleInto(sample, target, across, down);
  }
  return { image, width, height, ...(label && { label }) };
}

interface Target {
  readonly image: Uint8Array;
  readonly label: Uint8Array | undefined;
  readonly width: number;
  readonly x0: number;
  readonly y0: number;
}

function copyRows(
  sample: Sample,
  target: Target,
  left: number,
  top: number,
  columns: number,
  rows: number,
): void {
  for (let row = 0; row < rows; row++) {
    const from = (top + target.y0 + row) * sample.width + left + target.x0;
    const to = (target.y0 + row) * target.width + target.x0;
    target.image.set(sample.image.subarray(from * 3, (from + columns) * 3), to * 3);
    if (sample.label) target.label!.set(sample.label.subarray(from, from + columns), to);
  }
}

function resampleInto(sample: Sample, target: Target, across: Axis, down: Axis): void {
  const offset = target.y0 * target.width + target.x0;
  resampleImage(sample.image, sample.width, across, down, target.image, target.width, offset);
  if (sample.label)
    resampleLabel(sample.label, sample.width, across, down, target.label!, target.width, offset);
}
