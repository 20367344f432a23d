import { checkArgument, HmsaError, isRecord, shown } from './errors/index.js';

/**
 * A picture, row-major, 0 … 255: one channel (a label map), H·W, or three (RGB, interleaved), H·W·3. The length of the data
 * tells which.
 */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** 1 for a label map, 3 for RGB, of pixels that are either. */
export function channelsOf({ data, width, height }: Pixels): 1 | 3 {
  return data.length === width * height ? 1 : 3;
}

/**
 * @param channels 1 for a label map, 3 for RGB; default: either
 * @param remedy where to get such pixels from
 * @throws HmsaError when they are anything but bytes for each pixel of such a picture
 */
export function checkPixels(
  value: unknown,
  operation: string,
  { channels, remedy }: { readonly channels?: 1 | 3; readonly remedy?: string } = {},
): asserts value is Pixels {
  const { data, width, height } = isRecord(value) ? value : ({} as Readonly<Record<string, unknown>>);
  const kind = { 1: 'a label map', 3: 'RGB' }[channels!] ?? 'a label map or RGB';
  if (!(data instanceof Uint8Array) || !isSide(width) || !isSide(height)) {
    throw new HmsaError({
      operation,
      expected: `an image as { data, width, height }, ${kind}: bytes and whole sides of at least 1 pixel`,
      received: described(value),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  const size = width * height;
  const lengths = channels === undefined ? [size, 3 * size] : [channels * size];
  if (lengths.includes(data.length)) return;
  throw new HmsaError({
    operation,
    expected: `${lengths.join(' or ')} bytes of ${kind} for ${width}×${height} pixels`,
    received: String(data.length),
    ...(data.length === 4 * size ? { remedy: 'Leave out the alpha channel.' } : {}),
  });
}

/** @throws HmsaError when it is no list of colours */
export function checkColors(value: unknown, operation: string): void {
  const isList = Array.isArray(value) && value.every(isColor);
  checkArgument(isList, operation, 'a list of colours [red, green, blue], 0 … 255 each', value);
}

function isColor(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every((part) => part >= 0 && part <= 255);
}

function isSide(side: unknown): side is number {
  return Number.isSafeInteger(side) && (side as number) >= 1;
}

function described(value: unknown): string {
  if (!isRecord(value)) return shown(value);
  const sides = ['width', 'height'].filter((name) => name in value);
  return [shown(value), ...sides.map((name) => `${name} ${shown(value[name])}`)].join(', ');
}
