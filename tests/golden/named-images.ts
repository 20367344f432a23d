import { namedValues } from './named-values.js';

/** Images in a batch, their height and width. */
export type BatchSize = readonly [n: number, height: number, width: number];

/**
 * Pixels [N, H, W, 3] of 0 … 255 that follow from a name: tiles of one colour, as objects are, with noise on them.
 * `tools/named_images.py` makes the same ones.
 *
 * @param tile side of the tiles in pixels
 */
export function namedPixels(name: string, batch: BatchSize, tile: number): Float64Array {
  const noise = namedValues(`noise ${name}`, [...batch, 3], 0, 64);
  return tiledValues(`pixels ${name}`, batch, tile, 192, 3).map((x, i) => Math.floor(x + noise[i]!));
}

/** Numbers [N, H, W, channels] in 0 … high that are equal over tiles of pixels. */
export function tiledValues(
  name: string,
  [n, height, width]: BatchSize,
  tile: number,
  high: number,
  channels: number,
): Float64Array {
  const [rows, columns] = [Math.ceil(height / tile), Math.ceil(width / tile)];
  const tiles = namedValues(name, [n, rows, columns, channels], 0, high);
  const result = new Float64Array(n * height * width * channels);
  for (let i = 0, at = 0; i < n; i++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const first = ((i * rows + Math.floor(y / tile)) * columns + Math.floor(x / tile)) * channels;
        for (let c = 0; c < channels; c++) result[at++] = tiles[first + c]!;
      }
    }
  }
  return result;
}
