import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { checkArgument, HmsaError } from '../../../base/errors/index.js';
import { callback, checkNamed, type Shape, signal } from '../../../base/schema/index.js';
import { encodeModel } from '../../../model/file/index.js';
import { parseBytes } from '../../../training/bytes.js';
import type { TrainConfig } from '../../../training/index.js';
import { joinNetworks } from '../../../training/join-networks.js';
import { RunFiles, type RunRecord, readRecord, type TrainHooks } from '../../../training/run/index.js';
import { FolderLock, makeFolder, writeFileAtomic, writeJsonAtomic } from '../../files/index.js';
import { machineMemory } from '../../machine-memory.js';
import { fittedRequest } from '../fit-training.js';
import { readModel } from '../load-model.js';
import { RunFolder } from '../run-folder.js';
import { checkRequest, requestShape, type TrainRequest, withAbsolutePaths } from '../train-request.js';
import { trainInProcess } from './arm-process.js';
import { type ArmData, checkArms, requireSameData } from './check-arms.js';
import { type AblationChoices, type AblationPlan, type Arm, ablationParts, planAblation } from './plan.js';
import { ABLATION_FILE, ablationMark } from './record.js';

/** Where an ablation is. */
export interface AblationProgress {
  /** Of the arm's folder below that of the ablation. */
  readonly arm: string;
  /** Its number, from 1, and how many there are. */
  readonly number: number;
  readonly of: number;
  /** Whether it is trained from its beginning, goes on, or was finished before. */
  readonly what: 'trains' | 'goes on' | 'is kept';
}

export interface AblationHooks extends TrainHooks {
  readonly onArm?: (progress: AblationProgress) => unknown;
}

const choiceKeys = {
  scales: z.array(z.array(z.number())).optional(),
  parts: z.array(z.enum(ablationParts)).optional(),
  seeds: z.int().min(1).max(1000).optional(),
} satisfies Shape<AblationChoices>;

const hookKeys = {
  signal,
  onEvent: callback,
  examples: z.int().min(0).optional(),
  onArm: callback,
} satisfies Shape<AblationHooks>;

/**
 * Trains the arms of an ablation (see `planAblation`), each in a run folder below `out` and in a process of its own.
 * Finished arms are kept and an interrupted one goes on, so the same call continues an ablation that was interrupted.
 *
 * @param request of every arm; `init` is what the first ones start from, and nothing is validated on the way
 * @param trainArm trains one arm, and tells whether it was interrupted
 * @returns whether all arms are finished; if not, an abort interrupted it, and the arm is saved
 * @throws HmsaError when the configuration has no attention to train or an arm cannot be trained with it, the folder holds
 *   something else, another process uses it, or an arm was trained with another configuration or other data
 */
export async function runAblation(
  request: TrainRequest,
  out: string,
  choices: AblationChoices = {},
  hooks: AblationHooks = {},
  trainArm: typeof trainInProcess = trainInProcess,
): Promise<boolean> {
  checkRequest(request);
  checkArgument(typeof out === 'string' && out !== '', 'runAblation', 'the path of a folder', out);
  checkNamed(choiceKeys, choices, 'runAblation');
  checkNamed(hookKeys, hooks, 'runAblation');
  const chosen = await fittedToArms(request, choices);
  const plan = planAblation(chosen.config, choices);
  await makeFolder(out);
  await checkFolder(out);
  const lock = await FolderLock.take(out, ({ pid, since }) =>
    hooks.onEvent?.({
      kind: 'warning',
      what: `took over ${out} from process ${pid}, which locked it at ${since} and ended without releasing it`,
    }),
  );
  try {
    return await trainArms(chosen, out, plan, hooks, trainArm);
  } finally {
    await lock.release();
  }
}

/**
 * The request without a `memory`: batches and crops are chosen once, so that they fit in all arms and are the same in each. As the
 * choice follows from the request alone, the same call goes on with an ablation. Only a `memory` above that of the machine stays,
 * because it allows each arm to take so much.
 */
async function fittedToArms(request: TrainRequest, choices: AblationChoices): Promise<TrainRequest> {
  if (request.config.memory === undefined) return request;
  const fitted = await fittedRequest(request, armConfigs(request.config, choices));
  const { memory, ...config } = fitted.config;
  return parseBytes(memory!, 'memory') > machineMemory() ? fitted : { ...request, config };
}

/**
 * The configurations that an ablation trains, with the first of its seeds.
 *
 * @throws HmsaError as {@link planAblation} does
 */
export function armConfigs(config: TrainConfig, choices: AblationChoices = {}): TrainConfig[] {
  return armsOf(planAblation(config, { ...choices, seeds: 1 })).map((arm) => arm.config);
}

function armsOf({ tasks }: AblationPlan): Arm[] {
  return tasks.filter((task) => 'config' in task);
}

async function trainArms(
  request: TrainRequest,
  out: string,
  plan: AblationPlan,
  { onArm, ...training }: AblationHooks,
  trainArm: typeof trainInProcess,
): Promise<boolean> {
  const arms = armsOf(plan);
  // All arms before the record, so that flags of another ablation change nothing.
  const trained: ArmData[] = [];
  for (const arm of arms) {
    const { data } = await stateOf(arm, requestOf(request, arm, out), join(out, arm.path));
    if (data !== undefined) trained.push(data);
  }
  await checkArms(
    arms.map((arm) => requestOf(request, arm, out)),
    trained,
    training.signal,
  );
  await writeJsonAtomic(join(out, ABLATION_FILE), recordOf(request, plan));
  for (const task of plan.tasks) {
    if (!('config' in task)) {
      const networks = await Promise.all(
        task.arms.map((path) => readModel(join(out, path, 'model.safetensors'))),
      );
      await makeFolder(join(out, task.path, '..'));
      await writeFileAtomic(join(out, task.path), encodeModel(joinNetworks(networks)));
      continue;
    }
    if (training.signal?.aborted) return false;
    const folder = join(out, task.path);
    const own = requestOf(request, task, out);
    const { state } = await stateOf(task, own, folder);
    const number = arms.indexOf(task) + 1;
    const what = ({ new: 'trains', open: 'goes on', finished: 'is kept' } as const)[state];
    await onArm?.({ arm: task.path, number, of: arms.length, what });
    if (state === 'finished') continue;
    if (state === 'new') await makeFolder(join(folder, '..'));
    const message =
      state === 'new'
        ? ({ kind: 'train', request: own, out: folder } as const)
        : ({ kind: 'resume', out: folder } as const);
    if (await trainArm(message, training)) return false;
    const { data } = await stateOf(task, own, folder);
    if (data !== undefined) requireSameData(trained[0] ?? data, data);
    if (data !== undefined) trained.push(data);
  }
  return true;
}

function requestOf(request: TrainRequest, { config, from, path }: Arm, out: string): TrainRequest {
  const { init, initEntry, tensorboard, ...rest } = request;
  const start = from === undefined ? init : fileOf(out, from);
  return {
    ...rest,
    // A run of TensorBoard for each arm.
    ...(tensorboard !== undefined && {
      tensorboard: typeof tensorboard === 'string' ? join(tensorboard, path) : tensorboard,
    }),
    // The comparison at the end scores all arms alike.
    config: { ...config, validateEvery: 0 },
    validationSplit: 'none',
    ...(start !== undefined && { init: start }),
    ...(from === undefined && initEntry !== undefined && { initEntry }),
  };
}

/** The model file of an arm, or a joined file. */
export function fileOf(out: string, path: string): string {
  return path.endsWith('.safetensors') ? join(out, path) : join(out, path, 'model.safetensors');
}

/** @throws HmsaError when there is a run of another configuration or data */
async function stateOf(
  { from, path }: Arm,
  request: TrainRequest,
  folder: string,
): Promise<{ readonly state: 'new' | 'open' | 'finished'; readonly data?: ArmData }> {
  if ((await stat(join(folder, 'run.json')).catch(() => undefined)) === undefined) return { state: 'new' };
  const record = await readRecord(new RunFiles(new RunFolder(folder)), requestShape);
  const [was, asked] = [record, withAbsolutePaths(request)].map((one) => decisive(one, from === undefined));
  if (isDeepStrictEqual(was, asked)) {
    const data = { path, fingerprint: record.fingerprints.train };
    return { state: record.finished ? 'finished' : 'open', data };
  }
  throw new HmsaError({
    operation: folder,
    expected: 'an arm of this ablation',
    received: 'one that was trained with another configuration or other data',
    remedy: 'Choose another folder with --out, or give the same flags as before.',
  });
}

type Decided = Pick<RunRecord, 'config' | 'init' | 'initEntry' | 'partialInit'> &
  Pick<TrainRequest, 'dataOptions' | 'moreData' | 'samplesPerEpoch'> & { readonly data: unknown };

/**
 * What an arm's bits follow from. What another arm left is not named by its path, so that the folder of an ablation may be
 * moved.
 */
function decisive(
  {
    config,
    data,
    dataOptions = {},
    moreData = [],
    samplesPerEpoch,
    init,
    initEntry,
    partialInit = false,
  }: Decided,
  isFirst: boolean,
) {
  const start = isFirst ? { init, initEntry, partialInit } : {};
  return JSON.parse(JSON.stringify({ config, data, dataOptions, moreData, samplesPerEpoch, ...start }));
}

/** @throws HmsaError when a folder holds something, but no ablation */
async function checkFolder(out: string): Promise<void> {
  const found = (await readdir(out)).filter((name) => !name.startsWith('.'));
  if (found.length === 0 || found.includes(ABLATION_FILE)) return;
  throw new HmsaError({
    operation: '--out',
    expected: 'a new or empty folder, or that of an ablation',
    received: `${out}, which holds other files (${found.slice(0, 3).join(', ')})`,
    remedy: 'Choose another folder: --out DIR.',
  });
}

function recordOf({ data, dataOptions, moreData }: TrainRequest, plan: AblationPlan) {
  const epochs = Object.fromEntries(
    plan.tasks.flatMap((task) => ('config' in task ? [[task.path, task.epochs]] : [])),
  );
  return {
    ...ablationMark,
    ...(typeof data === 'string' && { data }),
    ...(dataOptions && { dataOptions }),
    ...(moreData && { moreData }),
    epochs,
    contenders: plan.contenders,
  };
}
