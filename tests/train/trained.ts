import { openSession } from '../../dist/node/index.js';
import {
  type Checkpoint,
  initialWeights,
  runTraining,
  type StepEvent,
  type TrainConfig,
  type TrainingOptions,
} from '../../dist/training/index.js';
import { randomArray } from '../support/random-array.js';
import { fast } from './tiny.js';

const CLASSES = 3;
/** In an epoch. */
export const STEPS = 2;

/** A batch whose label is the brightest colour. */
function batchOf({ batch, crop: [height, width] }: TrainConfig, seed: number) {
  const pixels = batch * height * width;
  const images = Uint8Array.from(randomArray(3 * pixels, seed), (x) => 127.5 * (x + 1));
  const labels = Uint8Array.from({ length: pixels }, (_, i) => {
    const rgb = images.subarray(3 * i, 3 * i + 3);
    return rgb.indexOf(Math.max(...rgb));
  });
  return { images, labels, size: [batch, height, width] as const };
}

/**
 * Every checkpoint that is saved, the first one first, and every step; an epoch has two steps.
 *
 * @param alike whether all batches are the same
 * @param from where to go on from; the start where left out
 * @param everyStep whether a checkpoint is saved after each step, not after each epoch alone
 * @param more of the options of the training
 */
export async function trained(
  config: TrainConfig,
  alike = false,
  from?: Checkpoint,
  everyStep = false,
  more: Partial<TrainingOptions> = {},
) {
  const model = { ...config.model, classes: CLASSES };
  const start = from ?? { step: 0, values: initialWeights(model, config.seed) };
  const checkpoints = [start];
  const events: StepEvent[] = [];
  await runTraining(model, config, start, {
    openSession,
    sessionOptions: fast,
    stepsPerEpoch: STEPS,
    async *batches(numbers) {
      for (const i of numbers) yield batchOf(config, alike ? 1 : i);
    },
    onStep: (event) => void events.push(event),
    isSaveDue: () => everyStep,
    saveCheckpoint: async (checkpoint) => void checkpoints.push(checkpoint),
    onEpoch: async () => {},
    ...more,
  });
  return { model, checkpoints, events };
}
