import { z } from 'zod';
import { HmsaError, isRecord, program } from '../../base/errors/index.js';
import { generator } from '../../base/random/index.js';
import { checkNamed, type Shape } from '../../base/schema/index.js';
import type { MixturePart } from '../contracts.js';
import type { ClassIndex } from './class-index.js';
import { drawMixture, pickByShare, placesBySet } from './mixture.js';

/** One place of an epoch: a sample, and the pixel on which its crop is centred (default: a random place). */
export interface PlannedSample {
  readonly index: number;
  readonly center?: { readonly x: number; readonly y: number };
}

/**
 * - `sequential`: every sample once, in the data set's order;
 * - `shuffled`: every sample once, in a random order;
 * - `class-uniform`: as many crops as samples. For half of them a class is drawn uniformly among those that occur, and then one
 *   of its places; the other half are samples drawn without repetition (Tao et al. 2020, section 4.1).
 *
 * Of a mixture, `shuffled` is a number of samples of each set, by its share, and `class-uniform` chooses the set of a centred
 * crop by share among those that have the class.
 */
export type SamplingMode = 'sequential' | 'shuffled' | 'class-uniform';

export interface EpochOptions {
  /** Samples in the data set. */
  readonly length: number;
  readonly mode: SamplingMode;
  readonly seed: number;
  readonly epoch: number;
  /** Needed for `class-uniform`. */
  readonly classIndex?: ClassIndex;
  /** Share of crops that are centred on a class, 0 … 1; default one half. */
  readonly uniformShare?: number;
  /** For a data set that joins others; see `Mixture`. `sequential` is of one set alone. */
  readonly mixture?: { readonly parts: readonly MixturePart[]; readonly samples: number };
}

const isIndex = (value: unknown) =>
  isRecord(value) && Array.isArray(value.places) && value.places.every(Array.isArray);

const mixtureSchema = z.object({
  parts: z.array(z.object({ length: z.int().min(1), share: z.number().min(0).max(1) })).min(1),
  samples: z.int().min(1),
});

const shape: Shape<EpochOptions> = {
  length: z.int().min(0),
  mode: z.enum(['sequential', 'shuffled', 'class-uniform']),
  seed: z.int(),
  epoch: z.int(),
  classIndex: z.custom(isIndex, 'a class index, as buildClassIndex gives it').optional(),
  uniformShare: z.number().min(0).max(1).optional(),
  mixture: mixtureSchema.optional(),
};

/**
 * The samples of one epoch in order. It is a pure function of its options.
 *
 * @throws HmsaError when an option is wrong, or `class-uniform` has no index, or an index without any place
 */
export function planEpoch(options: EpochOptions): PlannedSample[] {
  checkNamed(shape, options, 'planEpoch');
  const { length, mode, seed, epoch, mixture } = options;
  if (mixture !== undefined && mode !== 'sequential') return planMixture(options, mixture);
  const order = Array.from({ length }, (_, index) => index);
  if (mode === 'sequential') return order.map((index) => ({ index }));
  generator(seed, 'epoch order', epoch).shuffle(order);
  if (mode === 'shuffled') return order.map((index) => ({ index }));
  const centred = drawCentred(options);
  const plan = [...centred, ...order.slice(0, length - centred.length).map((index) => ({ index }))];
  return generator(seed, 'epoch mix', epoch).shuffle(plan);
}

function planMixture(
  options: EpochOptions,
  { parts, samples }: NonNullable<EpochOptions['mixture']>,
): PlannedSample[] {
  const { mode, seed, epoch } = options;
  const centred = mode === 'class-uniform' ? drawCentred(options) : [];
  const others = drawMixture(parts, samples - centred.length, seed, epoch).map((index) => ({ index }));
  return generator(seed, 'epoch mix', epoch).shuffle([...centred, ...others]);
}

function drawCentred({
  length,
  seed,
  epoch,
  classIndex,
  uniformShare = 0.5,
  mixture,
}: EpochOptions): PlannedSample[] {
  const classes = classIndex?.places.filter((places) => places.length > 0) ?? [];
  if (classes.length === 0) {
    throw new HmsaError({
      operation: 'class-uniform sampling',
      expected: 'an index of the places of classes',
      received: classIndex === undefined ? 'none' : 'an index without any place',
      remedy: `Check the labels with \`${program} data inspect\`.`,
    });
  }
  const random = generator(seed, 'epoch classes', epoch);
  const bySet = mixture && classes.map((places) => placesBySet(mixture.parts, places));
  const draw = bySet ? () => pickByShare(random.pick(bySet), random).places : () => random.pick(classes);
  return Array.from({ length: Math.round((mixture?.samples ?? length) * uniformShare) }, () => {
    const places = draw();
    const at = 3 * random.int(places.length / 3);
    return { index: places[at]!, center: { x: places[at + 1]!, y: places[at + 2]! } };
  });
}
