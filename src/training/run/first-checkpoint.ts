import { HmsaError, printable } from '../../base/errors/index.js';
import type { Batch } from '../../data/index.js';
import { decodeModel, refuseNewerModel } from '../../model/file/index.js';
import { type ModelConfig, symmetricPixels } from '../../model/index.js';
import { readSafetensors, type Safetensors } from '../../model/weights/index.js';
import type { Checkpoint } from '../checkpoint.js';
import { estimateStatistics } from '../estimate-statistics.js';
import { requireEnough, takenOf, takenTable, transferFolded, transferModel } from '../transfer.js';
import { initialWeights, type Weights } from '../weights.js';
import type { TrainEvent } from './events.js';
import type { BatchSource, RunPlatform } from './platform.js';
import type { RunRequest } from './request.js';

/** Batches from which the statistics of pretrained weights are measured. */
const STATISTICS_BATCHES = 16;

/**
 * The checkpoint that a run starts from: random weights, those of a trained model, or pretrained ones. Batch norms that are
 * folded in these get their statistics back from the data.
 *
 * @throws HmsaError that names the file of pretrained weights when too little of it fits
 */
export async function firstCheckpoint(
  { config, init, partialInit = false, session = {} }: RunRequest,
  model: ModelConfig,
  batches: BatchSource,
  platform: RunPlatform,
  onEvent: (event: TrainEvent) => void,
): Promise<Checkpoint> {
  const initial = initialWeights(model, config.seed);
  if (init === undefined) return { step: 0, values: initial };
  if (platform.readInit === undefined) {
    throw new HmsaError({
      operation: 'init',
      expected: 'a platform that can read weights',
      received: 'one without readInit',
      remedy: 'Give it readInit, or leave init out.',
    });
  }
  const bytes = await platform.readInit(init);
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
  return {
    step: 0,
    values: await estimateStatistics(
      model,
      weights,
      norms,
      await some(batches),
      platform.openSession,
      session,
    ),
  };
}

/** The first batches of a run. */
async function some(source: BatchSource): Promise<Batch[]> {
  const batches: Batch[] = [];
  const to = Math.min(STATISTICS_BATCHES, source.batchesPerEpoch);
  for await (const batch of source.stream({ to })) batches.push(batch);
  return batches;
}

/** Pretrained weights say in their metadata what pixels they were trained on. */
function pixelDoubt({ metadata }: Safetensors, { mean }: ModelConfig): string | undefined {
  const input = metadata.get('input');
  if (input === undefined) return undefined;
  const isSymmetric = input.includes('127.5');
  if (isSymmetric === (mean[0] === symmetricPixels.mean[0])) return undefined;
  return `wants pixels as ${input}, the configuration gives it others: set model.mean and model.deviation`;
}
