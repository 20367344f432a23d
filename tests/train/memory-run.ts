import type { ClassMap, Dataset, Sample } from '../../dist/data/index.js';
import { openSessionInThread } from '../../dist/node/index.js';
import type { BatchSource, RunPlatform, TrainEvent, TrainHooks } from '../../dist/training/run/index.js';
import { randomArray } from '../support/random-array.js';

const SIDE = 32;

const classes: ClassMap = {
  names: ['red', 'green', 'blue'],
  colors: [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
  ],
  ignore: 255,
};

/** A photograph of noise whose label is the brightest colour. */
function sample(seed: number): Sample & { readonly label: Uint8Array } {
  const image = Uint8Array.from(randomArray(3 * SIDE * SIDE, seed), (x) => 127.5 * (x + 1));
  const label = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const rgb = image.subarray(3 * i, 3 * i + 3);
    return rgb.indexOf(Math.max(...rgb));
  });
  return { image, label, width: SIDE, height: SIDE, id: `photo ${seed}` };
}

function photographs(length: number, from: number): Dataset {
  return { classes, length, get: async (index) => sample(from + index) };
}

/** Batches of the photographs in their order. */
function batchesOf(dataset: Dataset, size: number): BatchSource {
  const batchesPerEpoch = dataset.length / size;
  return {
    batchesPerEpoch,
    async *batches(numbers) {
      for (const number of numbers) {
        const first = (number % batchesPerEpoch) * size;
        const samples = await Promise.all(Array.from({ length: size }, (_, i) => dataset.get(first + i)));
        yield {
          images: Uint8Array.from(samples.flatMap(({ image }) => [...image])),
          labels: Uint8Array.from(samples.flatMap(({ label }) => [...label!])),
          size: [size, SIDE, SIDE] as const,
        };
      }
    },
    report: { waitShare: 0, skipped: [] },
    async close() {},
  };
}

/**
 * What a run needs, without files and threads of its own. An epoch has three batches.
 *
 * @param options `clock`: milliseconds; `validation`: the seed of the photographs that are scored
 */
export function memoryPlatform(
  batch: number,
  { clock = { now: 0 }, validation = 100 }: { clock?: { now: number }; validation?: number } = {},
): RunPlatform {
  const dataset = photographs(3 * batch, 1);
  return {
    openSession: openSessionInThread,
    versions: { test: '1' },
    processor: { model: 'any', cores: 1 },
    now: () => clock.now,
    openData: async () => ({
      classes,
      check: async () => ({
        dataset,
        validation: photographs(2, validation),
        leftOut: [],
        imageSize: { width: SIDE, height: SIDE },
        fingerprints: { train: 'noise', validation: `noise ${validation}` },
        openBatches: async () => batchesOf(dataset, batch),
      }),
    }),
  };
}

/** Aborts once the step of that number is taken. */
export function until(last: number): TrainHooks {
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'step' && event.step === last) controller.abort();
  };
  return { signal: controller.signal, onEvent };
}
