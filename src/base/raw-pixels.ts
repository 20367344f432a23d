import { HmsaError, isRecord, shown } from './errors/index.js';
import type { Pixels } from './pixels.js';

/**
 * Pixels as cameras, canvases and other libraries give them, row-major and interleaved: 1 channel (grey), 2 (grey and alpha),
 * 3 (RGB) or 4 (RGB and alpha, not premultiplied), in sRGB, of 0 … 255 or, as `Uint16Array`, 0 … 65535. `ImageData` of a
 * browser is one.
 */
export interface RawPixels {
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly width: number;
  readonly height: number;
  /** Default: the number that the length of the data says. */
  readonly channels?: 1 | 2 | 3 | 4;
}

/** An RGB picture, and how many of its pixels were not opaque. */
export interface Composited {
  readonly image: Pixels;
  readonly transparent: number;
}

/** Whether a value looks like pixels. What is wrong with them, {@link rgbOf} says. */
export function isRawPixels(value: unknown): value is RawPixels {
  return isRecord(value) && ArrayBuffer.isView(value.data) && 'width' in value && 'height' in value;
}

/**
 * Raw pixels as 8-bit RGB. Grey becomes three equal channels, 16 bits keep their upper 8, and transparent pixels are blended
 * with white. RGB bytes are returned as they are, without a copy.
 *
 * @param operation what errors call it
 * @throws HmsaError when the sides, the type or the length of the data are not those of such pixels
 */
export function rgbOf(value: RawPixels, operation: string): Composited {
  const channels = checkRaw(value, operation);
  const { width, height, data } = value;
  if (channels === 3 && !(data instanceof Uint16Array))
    return { image: rgb(bytesOf(data), value), transparent: 0 };
  const shift = data instanceof Uint16Array ? 8 : 0;
  const opaque = data instanceof Uint16Array ? 65_535 : 255;
  const colors = channels <= 2 ? 1 : 3;
  const hasAlpha = channels === 2 || channels === 4;
  const result = new Uint8Array(width * height * 3);
  let transparent = 0;
  for (let from = 0, to = 0; to < result.length; from += channels, to += 3) {
    const alpha = hasAlpha ? data[from + colors]! : opaque;
    if (alpha !== opaque) transparent++;
    for (let c = 0; c < 3; c++) {
      const color = data[from + (colors === 1 ? 0 : c)]!;
      result[to + c] =
        alpha === opaque
          ? color >> shift
          : Math.round((color * alpha + opaque * (opaque - alpha)) / opaque) >> shift;
    }
  }
  return { image: rgb(result, value), transparent };
}

function rgb(data: Uint8Array, { width, height }: RawPixels): Pixels {
  return { data, width, height };
}

function bytesOf(data: Uint8Array | Uint8ClampedArray): Uint8Array {
  return data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length);
}

/** @returns the number of channels */
function checkRaw(value: unknown, operation: string): number {
  const { data, width, height, channels } = isRecord(value) ? value : ({} as Record<string, unknown>);
  const refuse = (expected: string, received: string, remedy?: string): never => {
    throw new HmsaError({ operation, expected, received, ...(remedy === undefined ? {} : { remedy }) });
  };
  const isSide = (side: unknown) => Number.isSafeInteger(side) && (side as number) >= 1;
  if (!isSide(width) || !isSide(height)) {
    refuse('pixels with whole sides of at least 1', `width ${shown(width)}, height ${shown(height)}`);
  }
  const isData = [Uint8Array, Uint8ClampedArray, Uint16Array].some((kind) => data instanceof kind);
  if (!isData) {
    const remedy = 'Scale the values to 0 … 255 and give them as a Uint8Array.';
    refuse('pixels as Uint8Array, Uint8ClampedArray or Uint16Array', shown(data), remedy);
  }
  const { length } = data as Uint8Array;
  const pixels = (width as number) * (height as number);
  const count = channels ?? length / pixels;
  if (![1, 2, 3, 4].includes(count as number)) {
    const received = channels === undefined ? `${length} values` : `${shown(channels)} channels`;
    refuse(`1 to 4 values for each of ${width}×${height} pixels`, received);
  }
  if (length !== pixels * (count as number)) {
    refuse(
      `${pixels * (count as number)} values for ${width}×${height} pixels of ${count} channels`,
      String(length),
    );
  }
  return count as number;
}
