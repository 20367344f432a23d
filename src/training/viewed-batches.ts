import { arrayTypes, bytesPerElement, elementCount, type NdArray } from '../base/arrays.js';
import { bytesText } from '../base/bytes-text.js';
import { HmsaError } from '../base/errors/index.js';
import { generator } from '../base/random/index.js';
import type { Batch } from '../data/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import type { TrainConfig } from './config.js';
import type { PlannedPhase } from './plan.js';

/** Bytes outside the model that a phase of a run keeps for its own time, with random access. */
export interface Scratch {
  /** How many bytes it holds. */
  readonly bytes: number;
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** @param at a place that was written, with as many bytes */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Deletes the bytes. */
  close(): Promise<void>;
}

/** Opens a scratch for a number of bytes. It may hold fewer, or none. */
export type OpenScratch = (wanted: number) => Promise<Scratch>;

/** A scratch in memory. */
export function memoryScratch(bytes: number): Scratch {
  const parts = new Map<number, Uint8Array>();
  return {
    bytes,
    async write(at, part) {
      parts.set(at, part.slice());
    },
    async read(at) {
      return parts.get(at)!;
    },
    async close() {
      parts.clear();
    },
  };
}

/** A batch by the features that the frozen part of a phase gives for its images. */
export interface FeatureBatch extends Pick<Batch, 'labels' | 'size'> {
  /** By the names of the inputs of the trained part, in float16. */
  readonly features: NamedArrays;
}

/** The frozen part of a phase. */
export interface FeatureSource {
  /** The shapes of the features of a batch. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  features(batch: Batch): Promise<FeatureBatch>;
}

/** What {@link viewedBatches} works with. */
export interface ViewedOptions {
  readonly training: Pick<TrainConfig, 'seed' | 'accumulate' | 'batch' | 'crop'>;
  readonly phase: PlannedPhase & { readonly views: number };
  readonly stepsPerEpoch: number;
  /** The step to begin with, over the whole run. */
  readonly from: number;
  readonly source: FeatureSource;
  /** The batches of these numbers. */
  batches(numbers: Iterable<number>): AsyncIterable<Batch>;
  readonly openScratch: OpenScratch;
  readonly signal?: AbortSignal | undefined;
  /** Takes a line about what is kept. */
  say?(what: string): void;
}

/**
 * The batches of each step of a phase whose samples have a fixed number of views. The batches of its first `views` epochs
 * come again in later epochs, those of one epoch together and in another order each time.
 *
 * Their features are computed when they first come and kept in a scratch, as far as it holds them. What it does not hold is
 * computed again. The features are the same either way, to the bit. If a phase is resumed, the features that it had kept are
 * computed first, from the same batches as before. An abort ends that, and the generator.
 */
export async function* viewedBatches(
  options: ViewedOptions,
): AsyncGenerator<FeatureBatch[], void, undefined> {
  const { training, phase, stepsPerEpoch, from, source, signal } = options;
  const { accumulate } = training;
  const plan = new ViewPlan(training, phase, stepsPerEpoch);
  const places = range((from - phase.from) * accumulate, (phase.to - phase.from) * accumulate);
  const first = places.filter((place) => place < plan.slots).map((place) => plan.slotOf(place));
  const later = places.slice(first.length).map((place) => plan.slotOf(place));
  const cache = await FeatureCache.open(options, later.length > 0 ? plan.slots : 0);

  async function* compute(slots: readonly number[]): AsyncGenerator<FeatureBatch, void, undefined> {
    let at = 0;
    for await (const batch of options.batches(slots.map((slot) => phase.from * accumulate + slot))) {
      const features = await source.features(batch);
      await cache.put(slots[at++]!, features);
      yield features;
    }
  }

  async function* take(slots: readonly number[]): AsyncGenerator<FeatureBatch, void, undefined> {
    const others = compute(slots.filter((slot) => !cache.holds(slot)));
    try {
      for (const slot of slots) {
        const batch = cache.holds(slot) ? await cache.get(slot) : (await others.next()).value;
        if (batch === undefined) throw new Error('The batches ended before the phase.');
        yield batch;
      }
    } finally {
      await others.return();
    }
  }

  try {
    const needed = new Set(later);
    const missing = range(0, plan.slots - first.length).filter(
      (slot) => cache.holds(slot) && needed.has(slot),
    );
    if (missing.length > 0)
      options.say?.(`computing the features of ${missing.length} earlier batches again`);
    for await (const _ of compute(missing)) if (signal?.aborted) return;
    yield* inGroups(compute(first), accumulate);
    yield* inGroups(take(later), accumulate);
  } finally {
    await cache.close();
  }
}

/** Lists of as many items. */
export async function* inGroups<T>(
  items: AsyncIterable<T>,
  count: number,
): AsyncGenerator<T[], void, undefined> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < count) continue;
    yield group;
    group = [];
  }
}

/** Which batch comes at which place of a phase. It is a pure function, so that a resumed run takes the same ones. */
class ViewPlan {
  /** Batches of all views. Each has a slot, numbered as the first `views` epochs take them. */
  readonly slots: number;
  readonly #perEpoch: number;
  readonly #order: (epoch: number) => readonly number[];

  constructor(
    { seed, accumulate }: ViewedOptions['training'],
    { index, views }: ViewedOptions['phase'],
    stepsPerEpoch: number,
  ) {
    this.#perEpoch = stepsPerEpoch * accumulate;
    this.slots = views * this.#perEpoch;
    let known = { epoch: -1, order: [] as number[] };
    this.#order = (epoch) => {
      if (known.epoch !== epoch) {
        const first = (epoch % views) * this.#perEpoch;
        const order = range(first, first + this.#perEpoch);
        if (epoch >= views) generator(seed, 'view order', index, epoch).shuffle(order);
        known = { epoch, order };
      }
      return known.order;
    };
  }

  slotOf(place: number): number {
    return this.#order(Math.floor(place / this.#perEpoch))[place % this.#perEpoch]!;
  }
}

/** The features and labels of batches, by slot, one after the other in a scratch. */
class FeatureCache {
  #scratch: Scratch | undefined;
  readonly #parts: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly bytes: number;
  }[];
  readonly #size: Batch['size'];
  readonly #bytes: number;
  readonly #say: ViewedOptions['say'];
  #slots = 0;

  /** @param slots how many are wanted; 0 keeps nothing */
  static async open(
    { training, source, openScratch, say }: ViewedOptions,
    slots: number,
  ): Promise<FeatureCache> {
    const cache = new FeatureCache(source.shapes, [training.batch, ...training.crop], say);
    if (slots === 0) return cache;
    cache.#scratch = await openScratch(slots * cache.#bytes);
    cache.#slots = Math.min(slots, Math.floor(cache.#scratch.bytes / cache.#bytes));
    const isAll = cache.#slots === slots;
    const part = isAll ? `${slots} batches` : `${cache.#slots} of ${slots} batches`;
    const rest = isAll
      ? ''
      : '; those of the others are computed in each epoch, because there is no room for them';
    say?.(`keeping the features of ${part}, ${bytesText(cache.#slots * cache.#bytes)}${rest}`);
    return cache;
  }

  private constructor(shapes: FeatureSource['shapes'], size: Batch['size'], say: ViewedOptions['say']) {
    this.#parts = Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape,
      bytes: bytesPerElement.float16 * elementCount(shape),
    }));
    this.#size = size;
    this.#bytes = this.#parts.reduce((sum, { bytes }) => sum + bytes, elementCount(size));
    this.#say = say;
  }

  holds(slot: number): boolean {
    return slot < this.#slots;
  }

  async put(slot: number, { features, labels }: FeatureBatch): Promise<void> {
    if (!this.holds(slot)) return;
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const { name, bytes: length } of this.#parts) {
      const { buffer, byteOffset, byteLength } = features[name]!.data;
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += length;
    }
    bytes.set(labels, at);
    try {
      await this.#scratch!.write(slot * this.#bytes, bytes);
    } catch (error) {
      if (!(error instanceof HmsaError)) throw error;
      // A full disk must not end a long run, which goes on without what does not fit.
      this.#slots = slot;
      this.#say?.(`keeping the features of ${slot} batches alone: ${error.message}`);
    }
  }

  async get(slot: number): Promise<FeatureBatch> {
    const bytes = await this.#scratch!.read(slot * this.#bytes, this.#bytes);
    let at = 0;
    const next = (length: number) => {
      at += length;
      return bytes.slice(at - length, at);
    };
    const features = this.#parts.map(({ name, shape, bytes: length }) => {
      const data = new arrayTypes.float16(next(length).buffer as ArrayBuffer);
      return [name, { dtype: 'float16', shape, data } satisfies NdArray] as const;
    });
    return {
      features: Object.fromEntries(features),
      labels: next(elementCount(this.#size)),
      size: this.#size,
    };
  }

  async close(): Promise<void> {
    await this.#scratch?.close();
  }
}

/** The whole numbers from the first to before the second. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
