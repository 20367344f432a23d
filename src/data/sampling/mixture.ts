import { type Generator, generator } from '../../base/random/index.js';
import type { MixturePart } from '../contracts.js';

/** Samples of one of the joined sets in an epoch: `count` of its stream from number `from` on. */
interface Drawn {
  /** The number of the set's first sample in the joined data set. */
  readonly first: number;
  readonly length: number;
  readonly from: number;
  readonly count: number;
}

/**
 * Samples of an epoch by their numbers in the joined data set, set by set: of each its share. No sample of a set comes again
 * before all others of the set have come, through all epochs.
 *
 * @param count samples in the epoch
 */
export function drawMixture(
  parts: readonly MixturePart[],
  count: number,
  seed: number,
  epoch: number,
): number[] {
  return drawnIn(parts, count, seed, epoch).flatMap((drawn, part) => streamOf(drawn, part, seed));
}

/**
 * How many samples an epoch takes from each set: its share, rounded so that many epochs together take exactly the share. The
 * first set takes what the others leave.
 */
function drawnIn(parts: readonly MixturePart[], samples: number, seed: number, epoch: number): Drawn[] {
  const starts = parts.map((_, part) => generator(seed, 'mixture', part).uniform());
  const taken = (epochs: number, part: number): number =>
    part > 0
      ? Math.floor(parts[part]!.share * samples * epochs + starts[part]!)
      : Math.max(0, samples * epochs - parts.slice(1).reduce((sum, _, i) => sum + taken(epochs, i + 1), 0));
  let first = 0;
  let left = samples;
  return parts.map(({ length }, part) => {
    const from = taken(epoch, part);
    const isLast = part === parts.length - 1;
    const count = isLast ? left : Math.min(left, Math.max(0, taken(epoch + 1, part) - from));
    const drawn = { first, length, from, count };
    first += length;
    left -= count;
    return drawn;
  });
}

/** A set's own order, drawn anew each time that all of it was taken. */
function streamOf({ first, length, from, count }: Drawn, part: number, seed: number): number[] {
  const orders = new Map<number, number[]>();
  const orderOf = (round: number) => {
    const order =
      orders.get(round) ??
      generator(seed, 'mixture order', part, round).shuffle(
        Array.from({ length }, (_, index) => first + index),
      );
    orders.set(round, order);
    return order;
  };
  return Array.from(
    { length: count },
    (_, i) => orderOf(Math.floor((from + i) / length))[(from + i) % length]!,
  );
}

/** The places of a class (sample, x, y, sample, x, y, …) in each of the joined sets that has the class. */
export function placesBySet(
  parts: readonly MixturePart[],
  places: readonly number[],
): { readonly share: number; readonly places: readonly number[] }[] {
  const ends: number[] = [];
  for (const { length } of parts) ends.push((ends.at(-1) ?? 0) + length);
  const own: number[][] = parts.map(() => []);
  for (let at = 0; at < places.length; at += 3) {
    const part = ends.findIndex((end) => places[at]! < end);
    own[part]?.push(places[at]!, places[at + 1]!, places[at + 2]!);
  }
  return own.flatMap((found, part) =>
    found.length === 0 ? [] : [{ share: parts[part]!.share, places: found }],
  );
}

/** One of the items, each with the probability of its share of the sum. */
export function pickByShare<T extends { readonly share: number }>(items: readonly T[], random: Generator): T {
  let rest = random.uniform() * items.reduce((sum, { share }) => sum + share, 0);
  for (const item of items) {
    rest -= item.share;
    if (rest < 0) return item;
  }
  return items.at(-1)!;
}
