import { HmsaError, printable } from '../../base/errors/index.js';
import type { Batch } from '../../data/index.js';
import { readWeights, type WeightFile } from '../../model/checkpoints/read-weights.js';
import { decodeModel, type Model } from '../../model/file/index.js';
import { type ModelConfig, symmetricPixels } from '../../model/index.js';
import { safetensorsMetadata } from '../../model/weights/index.js';
import { estimateStatistics } from '../batch-norm-statistics.js';
import type { Checkpoint } from '../checkpoint.js';
import { requireEnough, takenOf, takenTable, transferModel } from '../transfer.js';
import { transferPublished } from '../transfer-published.js';
import { initialWeights, type Weights } from '../weights.js';
import type { TrainEvent } from './events.js';
import type { BatchSource, RunPlatform } from './platform.js';
import type { RunRequest } from './request.js';

/** Batches over which the statistics of folded batch norms are measured. */
const STATISTICS_BATCHES = 16;

/**
 * The checkpoint that a run starts from. Its weights are random, or those of a trained model, or pretrained weights of
 * others. A file of others may lack batch norms because they are folded into convolutions. Their statistics are then
 * measured on the first batches.
 *
 * @throws HmsaError that names the file of `init` when too little of it fits; the signal's reason when an abort ends the
 *   measurement
 */
export async function firstCheckpoint(
  { config, init, initEntry, partialInit = false, session = {} }: RunRequest,
  model: ModelConfig,
  batches: BatchSource,
  platform: RunPlatform,
  onEvent: (event: TrainEvent) => void,
  signal?: AbortSignal,
): Promise<Checkpoint> {
  const initial = initialWeights(model, config.seed);
  if (init === undefined) return { step: 0, values: initial };
  const start = await readInit(init, platform, initEntry);
  const say = (what: string, weights: Weights) => {
    const parts = takenOf(initial, weights);
    if (!partialInit) requireEnough(parts, init);
    // One event for each line. A line break inside a line can only come from a name in the file; the printer escapes it.
    for (const line of [what, ...takenTable(parts)]) onEvent({ kind: 'preparing', what: line });
  };
  if ('trained' in start) {
    const { weights } = transferModel(initial, start.trained.weights, init);
    say(`weights of the model ${printable(init)}`, weights);
    return { step: 0, values: weights };
  }
  const { file } = start;
  const { weights, norms, title, doubts } = transferPublished(initial, file, init, model, partialInit);
  const whose = title === undefined ? '' : `: ${title}`;
  for (const note of file.notes) onEvent({ kind: 'preparing', what: `${printable(init)}: ${note}` });
  say(`pretrained weights from ${printable(init)}${whose}`, weights);
  for (const doubt of [...pixelDoubts(file, model), ...doubts])
    onEvent({ kind: 'warning', what: `${init} ${doubt}` });
  if (norms.length === 0) return { step: 0, values: weights };
  onEvent({ kind: 'preparing', what: `measuring the statistics of ${norms.length} batch norms` });
  return {
    step: 0,
    values: await estimateStatistics(
      model,
      weights,
      norms,
      await firstBatches(batches, signal),
      platform.openSession,
      session,
      signal,
    ),
  };
}

/** Weights to start from: a model that hmsa has written, or a weight file of others. */
type Start = { readonly trained: Model } | { readonly file: WeightFile };

/**
 * Reads the weights to start from. A run calls it before it reads any data, so that a wrong file is reported at once.
 *
 * @throws HmsaError when the file does not exist, is damaged, is of an unknown kind, or is a model of a newer format
 */
export async function readInit(
  init: string,
  platform: Pick<RunPlatform, 'readInit'>,
  entry?: string,
): Promise<Start> {
  if (platform.readInit === undefined) {
    throw new HmsaError({
      operation: 'init',
      expected: 'a platform that can read weights',
      received: 'one without readInit',
      remedy: 'Give it readInit, or leave init out.',
    });
  }
  const bytes = await platform.readInit(init);
  const isOwn = safetensorsMetadata(bytes)?.get('format') === 'hmsa';
  if (!isOwn) return { file: readWeights(bytes, init, entry === undefined ? {} : { entry }) };
  if (entry === undefined) return { trained: decodeModel(bytes, init) };
  throw new HmsaError({
    operation: init,
    expected: 'a file with several entries',
    received: 'a model that hmsa has written, which has one',
    remedy: 'Leave --init-entry out.',
  });
}

/** The first batches of a run. */
async function firstBatches(source: BatchSource, signal: AbortSignal | undefined): Promise<Batch[]> {
  const batches: Batch[] = [];
  const count = Math.min(STATISTICS_BATCHES, source.batchesPerEpoch);
  for await (const batch of source.batches(Array(count).keys())) {
    signal?.throwIfAborted();
    batches.push(batch);
  }
  return batches;
}

/** Compares the pixels that a file says it was trained on with those of the configuration. Few files say it. */
function pixelDoubts({ metadata }: WeightFile, { mean }: ModelConfig): string[] {
  const input = metadata.get('input');
  if (input === undefined) return [];
  const isSymmetric = input.includes('127.5');
  if (isSymmetric === (mean[0] === symmetricPixels.mean[0])) return [];
  return [`wants pixels as ${input}, the configuration gives it others: set model.mean and model.deviation`];
}
