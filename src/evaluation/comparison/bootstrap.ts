import { checkArgument } from '../../base/errors/index.js';
import { generator } from '../../base/random/index.js';
import { ConfusionMatrix } from '../confusion-matrix.js';
import { metricsOf } from '../metrics.js';

/** How many blocks a split is divided into, at most, if nobody chooses their length. */
const BLOCKS = 24;

/**
 * Divides a list of frames into blocks of contiguous frames, the units of a bootstrap: neighbouring frames of a video are nearly
 * equal, so they must be drawn together (Künsch 1989, doi 10.1214/aos/1176347265).
 *
 * @param groups the group of each frame, such as its video; no block reaches over the end of a group
 * @param length frames in a block; default: such that there are about 24 blocks
 * @returns the block of each frame, numbered from 0
 */
export function contiguousBlocks(groups: readonly string[], length?: number): number[] {
  const isList = Array.isArray(groups) && groups.every((group) => typeof group === 'string');
  checkArgument(isList, 'contiguousBlocks', 'the group of each frame, a list of texts', groups);
  const isLength = length === undefined || (Number.isInteger(length) && length > 0);
  checkArgument(isLength, 'contiguousBlocks, length', 'a whole number of at least 1', length);
  const size = length ?? Math.max(1, Math.ceil(groups.length / BLOCKS));
  let block = -1;
  let taken = 0;
  return groups.map((group, i) => {
    if (i === 0 || group !== groups[i - 1] || taken === size) {
      block += 1;
      taken = 0;
    }
    taken += 1;
    return block;
  });
}

/** A number with its interval of 95%. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The confusion matrices of one row of a comparison: for each seed, one for each block of frames. */
export type BlockMatrices = readonly (readonly ConfusionMatrix[])[];

const DRAWS = 1000;
const SEED = 1;

/**
 * A bootstrap over blocks of contiguous frames and, where a row has several seeds, over these. Every draw is the same for all
 * rows, so that the difference of two rows is paired (Efron and Tibshirani 1993, chapter 8).
 */
export class Bootstrap {
  readonly #blocks: readonly Uint32Array[];
  readonly #seeds = new Map<number, Uint32Array[]>();
  readonly #draws: number;

  /** @param blocks how many there are */
  constructor(blocks: number, draws: number = DRAWS) {
    this.#draws = draws;
    this.#blocks = Array.from({ length: draws }, (_, draw) => drawn(blocks, 'blocks', draw));
  }

  /** The mean IoU of a row, the mean over its seeds: its value, and one for each draw. */
  meanIoU(row: BlockMatrices): Sampled {
    const counts = row.map((blocks) => blocks.map(areasOf));
    const value = mean(row.map((blocks) => metricsOf(summed(blocks), { names: [] }).meanIoU));
    const seedDraws = this.#seedDraws(row.length);
    const draws = Float64Array.from(this.#blocks, (blocks, draw) => {
      const seeds = seedDraws[draw]!;
      let total = 0;
      for (const seed of seeds) total += meanIoUOf(counts[seed]!, blocks);
      return total / seeds.length;
    });
    return { value, draws };
  }

  /** The IoU of each class of a row, the mean over its seeds. A draw without the class is NaN. */
  classIoU(row: BlockMatrices): Sampled[] {
    const counts = row.map((blocks) => blocks.map(areasOf));
    const whole = row.map((blocks) => metricsOf(summed(blocks), { names: [] }).perClass);
    const seedDraws = this.#seedDraws(row.length);
    return whole[0]!.map((_, id) => ({
      value: mean(whole.map((perClass) => perClass[id]!.iou)),
      draws: Float64Array.from(this.#blocks, (blocks, draw) => {
        const seeds = seedDraws[draw]!;
        let total = 0;
        for (const seed of seeds) total += iouOf(counts[seed]!, blocks, id);
        return total / seeds.length;
      }),
    }));
  }

  #seedDraws(count: number): Uint32Array[] {
    const known = this.#seeds.get(count);
    if (known !== undefined) return known;
    const made = Array.from({ length: this.#draws }, (_, draw) => drawn(count, 'seeds', draw));
    this.#seeds.set(count, made);
    return made;
  }
}

/** A value and what the draws of a bootstrap give for it. */
export interface Sampled {
  readonly value: number;
  readonly draws: Float64Array;
}

/** a − b, draw by draw. */
export function difference(a: Sampled, b: Sampled): Sampled {
  return { value: a.value - b.value, draws: a.draws.map((x, i) => x - b.draws[i]!) };
}

/** The interval of 95% by percentiles. A draw with nothing to score does not count. */
export function estimate({ value, draws }: Sampled): Estimate {
  const sorted = draws.filter((x) => !Number.isNaN(x)).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { value, low: at(0.025), high: at(0.975) };
}

/** The sum of matrices. */
export function summed(matrices: readonly ConfusionMatrix[]): ConfusionMatrix {
  const result = new ConfusionMatrix(matrices[0]!.classes);
  for (const matrix of matrices) result.merge(matrix);
  return result;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function drawn(count: number, what: string, draw: number): Uint32Array {
  const random = generator(SEED, 'compare', what, count, draw);
  return Uint32Array.from({ length: count }, () => random.int(count));
}

/** For each class the pixels of the intersection and of the union. */
interface Areas {
  readonly intersection: Float64Array;
  readonly union: Float64Array;
}

function areasOf(matrix: ConfusionMatrix): Areas {
  const ids = Array.from({ length: matrix.classes }, (_, id) => id);
  const intersection = Float64Array.from(ids, (id) => matrix.count(id, id));
  const union = Float64Array.from(
    ids,
    (id) => matrix.truthPixels(id) + matrix.predictedPixels(id) - intersection[id]!,
  );
  return { intersection, union };
}

function meanIoUOf(counts: readonly Areas[], blocks: Uint32Array): number {
  const classes = counts[0]!.union.length;
  let total = 0;
  let present = 0;
  for (let id = 0; id < classes; id++) {
    const iou = iouOf(counts, blocks, id);
    if (Number.isNaN(iou)) continue;
    total += iou;
    present += 1;
  }
  return total / present;
}

/** NaN if the class neither occurs nor is found. */
function iouOf(counts: readonly Areas[], blocks: Uint32Array, id: number): number {
  let [intersection, union] = [0, 0];
  for (const block of blocks) {
    intersection += counts[block]!.intersection[id]!;
    union += counts[block]!.union[id]!;
  }
  return intersection / union;
}
