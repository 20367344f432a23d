import { printable } from '../../base/errors/index.js';
import type { Batch } from '../../data/index.js';
import { decodeModel, refuseNewerModel } from '../../model/file/index.js';
import { type ModelConfig, symmetricPixels } from '../../model/index.js';
import { readSafetensors, type Safetensors } from '../../model/weights/index.js';
import {
  type Checkpoint,
  estimateStatistics,
  initialWeights,
  requireEnough,
  takenOf,
  takenTable,
  transferFolded,
  transferModel,
  type Weights,
} from '../../training/index.js';
import { readWeightFile } from '../files/index.js';
import type { Loader } from '../loader/index.js';
import { openSession } from '../session/index.js';
import type { TrainEvent } from './train-events.js';
import type { TrainRequest } from './train-request.js';

/** Batches from which the statistics of pretrained weights are measured. */
const STATISTICS_BATCHES = 16;

/**
 * Where a run starts: random weights, those of a trained model, or pretrained ones; batch norms that are folded in
 * these get their statistics back from the data.
 *
 * @throws HmsaError that names the file of pretrained weights when too little of it fits
 */
export async function firstCheckpoint(
  { config, init, partialInit = false, session = {} }: TrainRequest,
  model: ModelConfig,
  loader: Loader,
  onEvent: (event: TrainEvent) => void,
): Promise<Checkpoint> {
  const initial = initialWeights(model, config.seed);
  if (init === undefined) return { step: 0, values: initial };
  const bytes = await readWeightFile(init, 'a file of pretrained weights');
  const file = readSafetensors(bytes, init, {
    gaps: true,
    checkMetadata: (metadata) => refuseNewerModel(metadata, init),
  });
  const say = (what: string, weights: Weights) => {
    const parts = takenOf(initial, weights);
    if (!partialInit) requireEnough(parts, init);
    // A line each: a break within one may come from a name, and is shown as such.
    for (const line of [what, ...takenTable(parts)]) onEvent({ kind: 'preparing', what: line });
  };
  if (file.metadata.get('format') === 'hmsa') {
    const { weights } = transferModel(initial, decodeModel(bytes, init).weights, init);
    say(`weights of the model ${printable(init)}`, weights);
    return { step: 0, values: weights };
  }
  const { weights, norms } = transferFolded(initial, file, init, model);
  say(`pretrained weights from ${printable(init)}`, weights);
  const doubt = pixelDoubt(file, model);
  if (doubt !== undefined) onEvent({ kind: 'warning', what: `${init} ${doubt}` });
  if (norms.length === 0) return { step: 0, values: weights };
  onEvent({ kind: 'preparing', what: `measuring the statistics of ${norms.length} batch norms` });
  return { step: 0, values: await measured(model, weights, norms, loader, session) };
}

async function measured(
  model: ModelConfig,
  weights: Weights,
  norms: readonly string[],
  loader: Loader,
  session: NonNullable<TrainRequest['session']>,
): Promise<Weights> {
  const batches: Batch[] = [];
  const count = Math.min(STATISTICS_BATCHES, loader.batchesPerEpoch);
  for await (const batch of loader.stream({ to: count })) batches.push(batch);
  return estimateStatistics(model, weights, norms, batches, openSession, session);
}

/** Pretrained weights say in their metadata what pixels they were trained on. */
function pixelDoubt({ metadata }: Safetensors, { mean }: ModelConfig): string | undefined {
  const input = metadata.get('input');
  if (input === undefined) return undefined;
  const isSymmetric = input.includes('127.5');
  if (isSymmetric === (mean[0] === symmetricPixels.mean[0])) return undefined;
  return `wants pixels as ${input}, the configuration gives it others: set model.mean and model.deviation`;
}
