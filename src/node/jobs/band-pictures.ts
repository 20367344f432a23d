import type { Pixels } from '../../base/pixels.js';
import type { ClassMap, Size } from '../../data/index.js';
import {
  type ClassShare,
  colorize,
  type Drawing,
  defaultLine,
  legendOf,
  outline,
  overlay,
  scaleBarOf,
} from '../../report/pictures/index.js';
import { RawImage, rasterized } from '../images/index.js';
import type { LargeMaps } from './large-maps.js';
import { barTexts } from './outputs.js';

/** What the pictures of a large image are made of. */
export interface LargeLabelled {
  readonly photo: RawImage;
  readonly maps: LargeMaps;
  readonly classes: ClassMap;
  readonly shares: readonly ClassShare[];
  /** All scales, highest first. */
  readonly scales: readonly number[];
  /** What files call the image. */
  readonly name: string;
}

/** A picture in colours that is made in bands of rows. */
export interface BandPicture {
  /** What it is called: `overlay`, `color@0.5`. */
  readonly name: string;
  readonly band: (y: number, height: number) => Promise<Pixels>;
  /** What stands below it. */
  readonly below?: Drawing;
}

const BAND_BYTES = 2 ** 24;

/** The picture in a temporary file. @throws the reason of an abort */
export async function rawPicture(
  { band, below }: BandPicture,
  { width, height }: Size,
  temporary: () => string,
  signal?: AbortSignal,
): Promise<RawImage> {
  const size = {
    width: Math.max(width, below?.width ?? 0),
    height: height + (below?.height ?? 0),
  };
  const image = await RawImage.create(temporary(), size, 'rgb');
  try {
    const step = Math.max(1, Math.floor(BAND_BYTES / (3 * size.width)));
    for (let y = 0; y < height; y += step) {
      signal?.throwIfAborted();
      await image.write(y, widened(await band(y, Math.min(step, height - y)), size.width));
    }
    if (below !== undefined) await image.write(height, widened(await rasterized(below), size.width));
    return image;
  } catch (error) {
    await image.close();
    throw error;
  }
}

/** RGB rows, with white to their right. */
function widened({ data, width, height }: Pixels, to: number): Uint8Array {
  if (width === to) return data;
  const rows = new Uint8Array(to * height * 3).fill(255);
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * width * 3, (y + 1) * width * 3), y * to * 3);
  return rows;
}

/** The pictures in colours, as `outputsOf` makes them of an image in memory. */
export function bandPicture(
  kind: 'color' | 'overlay' | 'outline' | 'legend',
  of: LargeLabelled,
): BandPicture {
  const { photo, maps, classes, shares } = of;
  const labels = maps.get('labels')!;
  const { width, height } = photo;
  if (kind === 'color') return colorPicture('labels', of);
  if (kind === 'outline') {
    const line = defaultLine(photo);
    const band = async (y: number, rows: number) => {
      // Lines reach into the band from rows above and below it.
      const from = Math.max(0, y - line);
      const region = { x: 0, y: from, width, height: Math.min(height, y + rows + line) - from };
      const drawn = outline(await photo.read(region), (await labels.read(region)).data, classes, line);
      const start = (y - from) * width * 3;
      return { data: drawn.data.subarray(start, start + rows * width * 3), width, height: rows };
    };
    return { name: kind, band };
  }
  const band = async (y: number, rows: number) => {
    const region = { x: 0, y, width, height: rows };
    const colored = colorize((await labels.read(region)).data, width, rows, classes);
    return overlay(await photo.read(region), colored);
  };
  return { name: kind, band, ...(kind === 'legend' && { below: legendOf(photo, shares, classes) }) };
}

/** The labels of a map in the colours of their classes. */
export function colorPicture(map: string, { maps, classes, photo: { width } }: LargeLabelled): BandPicture {
  const labels = maps.get(map)!;
  const band = async (y: number, height: number) =>
    colorize((await labels.read({ x: 0, y, width, height })).data, width, height, classes);
  return { name: map.replace('labels', 'color'), band };
}

/** The heat maps of attention; with a legend, above a bar that explains their colours. */
export function* attentionPictures(
  { maps, scales, photo }: LargeLabelled,
  withBar: boolean,
): Generator<BandPicture> {
  const { width } = photo;
  for (const scale of scales) {
    const name = `attention@${scale}`;
    const map = maps.get(name);
    if (map === undefined) continue;
    const band = (y: number, height: number) => map.read({ x: 0, y, width, height });
    const bar = () => scaleBarOf(photo, ...barTexts(scale, scales));
    yield { name, band, ...(withBar && { below: bar() }) };
  }
}
