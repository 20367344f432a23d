import { checkArgument, isObject } from '../base/errors/index.js';
import { checkPixels, type Pixels } from '../base/pixels.js';
import { neededSpan, resampleImage, resamplingAxis } from '../data/augmentation/index.js';
import type { Size } from '../data/index.js';
import { mirrored } from './flip.js';
import type { Region } from './region.js';
import type { ImagePart } from './scale-feeds.js';

/** An image that is read in rectangles, in any order. */
export interface TileSource {
  readonly width: number;
  readonly height: number;
  /** The RGB pixels of a rectangle that lies in the image. */
  read(region: Region): Promise<ImagePart>;
}

/** An image in memory. */
export function pixelSource({ data, width, height }: Pixels): TileSource {
  return {
    width,
    height,
    async read({ x, y, ...size }) {
      const sides = [x, y, size.width, size.height];
      const lies =
        sides.every((side) => Number.isInteger(side) && side >= 0) &&
        x + size.width <= width &&
        y + size.height <= height;
      const where = `a rectangle { x, y, width, height } in ${width}×${height} pixels`;
      checkArgument(lies, 'TileSource.read', where, { x, y, ...size });
      const part = new Uint8Array(size.width * size.height * 3);
      for (let row = 0; row < size.height; row++) {
        const from = ((y + row) * width + x) * 3;
        part.set(data.subarray(from, from + size.width * 3), row * size.width * 3);
      }
      return { x, y, ...size, data: part };
    },
  };
}

/**
 * A caller's source, of which each rectangle is checked: the network would take any bytes for an image.
 *
 * @throws HmsaError when it is no source; `read` does when it gives anything but the RGB pixels that it was asked for
 */
export function checkedSource(source: TileSource): TileSource {
  const isSide = (side: unknown) => Number.isSafeInteger(side) && (side as number) >= 1;
  const isSource = isObject(source) && isSide(source.width) && isSide(source.height);
  const expected = 'a source of rectangles as { width, height, read }, with whole sides of at least 1 pixel';
  checkArgument(isSource && typeof source.read === 'function', 'segmentRows', expected, source);
  const { width, height } = source;
  return {
    width,
    height,
    async read(region) {
      const part: unknown = await source.read(region);
      checkPixels(part, 'segmentRows, read', { channels: 3 });
      const { x = region.x, y = region.y } = part as Partial<Region>;
      const [given, asked] = [{ ...part, x, y }, region].map(
        (each) => `${each.width}×${each.height} pixels from ${each.x}, ${each.y}`,
      );
      checkArgument(given === asked, 'segmentRows, read', `${asked}, as asked for`, given);
      return { ...region, data: part.data };
    },
  };
}

/** The image with left and right exchanged. */
export function mirroredSource(source: TileSource): TileSource {
  const { width, height } = source;
  return {
    width,
    height,
    async read(region) {
      const part = await source.read({ ...region, x: width - region.x - region.width });
      return { ...region, data: mirrored(part).data };
    },
  };
}

/** The most bytes of the larger image that a {@link reducedSource} reads at once, unless one row takes more. */
const MOST_BYTES = 2 ** 25;

/** An image, reduced as a whole image in memory is reduced. The image itself if it has the size. */
export function reducedSource(source: TileSource, to: Size): TileSource {
  if (source.width === to.width && source.height === to.height) return source;
  return {
    ...to,
    async read({ x, y, width, height }) {
      const data = new Uint8Array(width * height * 3);
      const columns = neededSpan(source.width, to.width, x, width);
      const across = resamplingAxis(source.width, to.width, x, width, columns.first);
      const bytesOfRow = (3 * columns.length * source.height) / to.height;
      const step = Math.max(1, Math.floor(MOST_BYTES / bytesOfRow));
      for (let row = 0; row < height; row += step) {
        const count = Math.min(step, height - row);
        const rows = neededSpan(source.height, to.height, y + row, count);
        const part = await source.read({
          x: columns.first,
          y: rows.first,
          width: columns.length,
          height: rows.length,
        });
        const down = resamplingAxis(source.height, to.height, y + row, count, rows.first);
        resampleImage(part.data, part.width, across, down, data, width, row * width);
      }
      return { x, y, width, height, data };
    },
  };
}
