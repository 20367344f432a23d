import { hash32 } from '../base/random/index.js';
import type { Region } from './region.js';
import { AverageSums, type ImagePart, type MapPart, pixelsOf, type ScaleMaps } from './scale-feeds.js';
import type { SplitNetwork } from './split-network.js';

/** Sides of the images on which the reach is measured, one after the other until it fits into half of one. */
const SIDES = [512, 1024];

/**
 * How far from a border that is none of the image's the maps of a scale still show it, on average over the places at one
 * distance: a share of their spread.
 */
const FELT = 0.01;

/**
 * How far a network at a scale sees, in pixels there: the distance from which on it does not matter that an image is cut.
 * This is the effective receptive field, which is much smaller than the one that the kernels could cover (Luo et al. 2016,
 * arXiv 1701.04128). It is measured by what a cut changes in the maps of an image of noise. Averages over the image are
 * those of the whole image on both sides of the comparison.
 *
 * @returns a multiple of the stride; at most half of the largest image that it is measured on
 */
export async function measuredReach(
  network: SplitNetwork,
  scale: number,
  signal?: AbortSignal,
): Promise<number> {
  const { stride } = network.scale(scale);
  let reach = 0;
  for (const side of SIDES) {
    reach = await reachWithin(network, scale, side, signal);
    if (reach <= 0.75 * (side / 2)) break;
  }
  return Math.max(stride, Math.ceil(reach / stride) * stride);
}

async function reachWithin(
  network: SplitNetwork,
  scale: number,
  side: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const graph = network.scale(scale);
  const own = Math.round(side / scale);
  const image = { width: own, height: Math.round(own / 2) };
  const size = { width: Math.floor(image.width * scale), height: Math.floor(image.height * scale) };
  const whole = { x: 0, y: 0, ...size };
  const all = noise(pixelsOf(image, scale, whole));
  const sums = new AverageSums(graph.averages);
  if (graph.measuring) sums.add(await network.measure(image, scale, whole, all, whole, signal));
  const uncut = await network.tile(image, scale, whole, all, sums.values, signal);
  const x = Math.floor(size.width / 2 / graph.stride) * graph.stride;
  const right = { ...whole, x, width: size.width - x };
  const part = noise(pixelsOf(image, scale, right));
  const cut = await network.tile(image, scale, right, part, sums.values, signal);
  return Math.max(...graph.maps.map(({ name, step }) => step * feltCells(uncut, cut, name)));
}

/** The columns from the border on in which the cut is felt. */
function feltCells(uncut: ScaleMaps, cut: ScaleMaps, name: keyof ScaleMaps): number {
  const [whole, part] = [uncut[name]!, cut[name]!];
  const felt = FELT * spreadOf(whole);
  for (let column = part.columns.length - 1; column >= 0; column--) {
    if (differenceAt(whole, part, column) > felt) return column + 1;
  }
  return 0;
}

/** The root mean square difference in a column of the part. */
function differenceAt(whole: MapPart, part: MapPart, column: number): number {
  const rows = part.channels * part.rows.length;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * whole.columns.length + part.columns.start + column;
    sum += (part.data[row * part.columns.length + column]! - whole.data[at]!) ** 2;
  }
  return Math.sqrt(sum / rows);
}

/** The standard deviation of a map, about the mean of each channel. */
function spreadOf({ data, channels }: MapPart): number {
  const count = data.length / channels;
  let total = 0;
  for (let c = 0; c < channels; c++) {
    const values = data.subarray(c * count, (c + 1) * count);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    total += values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  }
  return Math.sqrt(total / data.length);
}

/** Sides of the squares of the noise, in pixels: edges and surfaces of many sizes. */
const SQUARES = [4, 16, 64];

/** The rectangle of an endless image of squares of random colours, one size over the other. */
function noise(region: Region): ImagePart {
  const data = new Uint8Array(region.width * region.height * 3);
  for (let y = 0, at = 0; y < region.height; y++) {
    for (let x = 0; x < region.width; x++) {
      const places = SQUARES.map((square) => {
        const [row, column] = [Math.floor((region.y + y) / square), Math.floor((region.x + x) / square)];
        return 3 * (column + 4096 * (row + 4096 * square));
      });
      for (let c = 0; c < 3; c++, at++) {
        const sum = places.reduce((total, place) => total + (hash32(place + c) & 255), 0);
        data[at] = sum / SQUARES.length;
      }
    }
  }
  return { ...region, data };
}
