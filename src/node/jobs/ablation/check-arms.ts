import { HmsaError } from '../../../base/errors/index.js';
import { checkTraining } from '../../../training/index.js';
import { planMemory } from '../../../training/run/index.js';
import { machineMemory } from '../../machine-memory.js';
import { trainingBase } from '../../training-memory.js';
import type { TrainRequest } from '../train-request.js';
import { openTrainingData } from '../training-data.js';

/** The data of an ablation, as its arms have seen them. */
export interface ArmData {
  /** Of the arm's folder. */
  readonly path: string;
  /** Of the training data; undefined if they have none. */
  readonly fingerprint: string | undefined;
}

/**
 * Checks that all arms can be trained, before hours go into the first ones.
 *
 * @param requests of all arms, which have the same data
 * @param trained the arms that were begun before; those to come must find the same data
 * @throws HmsaError when one of them cannot be trained, or the data have changed since the first was begun
 */
export async function checkArms(
  requests: readonly TrainRequest[],
  trained: readonly ArmData[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const [first] = requests;
  if (first === undefined) return;
  const data = await openTrainingData(first, () => {});
  const classes = data.classes.names.length;
  for (const request of requests) {
    const { config, workers, session } = request;
    const model = { ...config.model, classes };
    checkTraining(model, config);
    if ((session?.device ?? 'cpu') !== 'cpu') continue;
    const machine = { total: machineMemory(), base: trainingBase(workers) };
    planMemory(model, config, machine, undefined, { isBegun: trained.length > 0 });
  }
  for (const one of trained.slice(1)) requireSameData(trained[0]!, one);
  if (trained.length === 0 || trained.length === requests.length) return;
  const { dataset } = await data.check(signal);
  requireSameData(trained[0]!, { path: 'the arms to come', fingerprint: await dataset.fingerprint?.() });
}

/** @throws HmsaError when two arms have not seen the same training data */
export function requireSameData(first: ArmData, other: ArmData): void {
  if (first.fingerprint === other.fingerprint) return;
  throw new HmsaError({
    operation: '--ablation',
    expected: 'the same training data in all arms',
    received: `other data for ${other.path} than for ${first.path}`,
    remedy: 'Restore the data, or choose another folder: --out DIR.',
  });
}
