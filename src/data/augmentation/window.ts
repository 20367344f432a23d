import type { Generator } from '../../base/random/index.js';
import { type Region, type SamplePart, type Size, VOID } from '../index.js';
import type { Buffers, Picture } from './picture.js';
import { type Axis, neededSpan, resampleImage, resampleLabel, resamplingAxis } from './resample.js';

/** The part of a resized photograph that a crop takes. It may extend beyond the edges. */
export interface Window extends Size {
  /** Size of the whole photograph after scaling. */
  readonly scaled: Size;
  /** Upper left corner in the scaled photograph; negative where padding comes first. */
  readonly left: number;
  readonly top: number;
}

/** The centre of a crop, in pixels of the stored photograph. */
export interface Center {
  readonly x: number;
  readonly y: number;
}

/**
 * Places a crop at a random place, uniformly, or centred on a point as far as the edges of the photograph allow. A photograph
 * that is smaller than the crop is placed wholly inside it, at random. Without a crop the window is the whole photograph.
 */
export function placeWindow(
  source: Size,
  factor: number,
  cropSize: Size | undefined,
  random: Generator,
  center?: Center,
): Window {
  const scaled = {
    width: Math.max(1, Math.round(source.width * factor)),
    height: Math.max(1, Math.round(source.height * factor)),
  };
  const crop = cropSize ?? scaled;
  const place = (scaledSide: number, cropSide: number, middle: number | undefined) => {
    const low = Math.min(0, scaledSide - cropSide);
    const high = Math.max(0, scaledSide - cropSide);
    // Draw even if the number is not needed, so that one axis does not change the numbers of the other.
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

/** The colour outside the photograph: the mean colour of ImageNet, which normalisation maps to about zero. */
export const PADDING = [124, 116, 104] as const;

/** The rectangle of the stored photograph from which a window is made. */
export function sourceRegion(source: Size, window: Window): Region {
  const { x0, x1, y0, y1 } = covered(window);
  const { scaled, left, top } = window;
  if (isSameSize(source, scaled)) return { left: left + x0, top: top + y0, width: x1 - x0, height: y1 - y0 };
  const across = neededSpan(source.width, scaled.width, left + x0, x1 - x0);
  const down = neededSpan(source.height, scaled.height, top + y0, y1 - y0);
  return { left: across.first, top: down.first, width: across.length, height: down.length };
}

/**
 * Cuts a window out of a photograph and its labels. Only their {@link sourceRegion} is needed. Only pixels inside the window
 * are resampled: the image bilinearly with half-pixel centres, with a wider filter when it shrinks (antialias), the labels from
 * the nearest pixel. Outside the photograph the window has {@link PADDING} and void.
 */
export function takeWindow(part: SamplePart, window: Window, into?: Buffers): Picture {
  const { width, height, scaled, left, top } = window;
  const { whole } = part;
  const image = into?.image ?? new Uint8Array(width * height * 3);
  const label = part.label && (into?.label ?? new Uint8Array(width * height));
  const { x0, x1, y0, y1 } = covered(window);
  if (x0 > 0 || y0 > 0 || x1 < width || y1 < height) {
    for (let k = 0; k < image.length; k += 3) image.set(PADDING, k);
    label?.fill(VOID);
  }
  const target = { image, label, width, x0, y0 };
  if (isSameSize(whole, scaled)) {
    copyRows(part, target, left + x0 - part.left, top + y0 - part.top, x1 - x0, y1 - y0);
  } else {
    const across = resamplingAxis(whole.width, scaled.width, left + x0, x1 - x0, part.left);
    const down = resamplingAxis(whole.height, scaled.height, top + y0, y1 - y0, part.top);
    resampleInto(part, target, across, down);
  }
  return { image, width, height, ...(label && { label }) };
}

/** The columns and rows of a window that show the photograph; at least one of each. */
function covered({ width, height, scaled, left, top }: Window) {
  return {
    x0: Math.max(0, -left),
    x1: Math.min(width, scaled.width - left),
    y0: Math.max(0, -top),
    y1: Math.min(height, scaled.height - top),
  };
}

function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

interface Target {
  readonly image: Uint8Array;
  readonly label: Uint8Array | undefined;
  readonly width: number;
  readonly x0: number;
  readonly y0: number;
}

/** @param left and `top`: where in the part the rows begin */
function copyRows(
  part: SamplePart,
  target: Target,
  left: number,
  top: number,
  columns: number,
  rows: number,
): void {
  for (let row = 0; row < rows; row++) {
    const from = (top + row) * part.width + left;
    const to = (target.y0 + row) * target.width + target.x0;
    target.image.set(part.image.subarray(from * 3, (from + columns) * 3), to * 3);
    if (part.label) target.label!.set(part.label.subarray(from, from + columns), to);
  }
}

function resampleInto(part: SamplePart, target: Target, across: Axis, down: Axis): void {
  const offset = target.y0 * target.width + target.x0;
  resampleImage(part.image, part.width, across, down, target.image, target.width, offset);
  if (part.label) resampleLabel(part.label, part.width, across, down, target.label!, target.width, offset);
}
