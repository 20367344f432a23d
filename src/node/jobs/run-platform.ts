import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { augmentPresets } from '../../data/augmentation/index.js';
import { classesWithoutPlaces, type Dataset } from '../../data/index.js';
import {
  type Fingerprints,
  nameOfData,
  type RunData,
  type RunPlatform,
  readInit,
  type TrainEvent,
} from '../../training/run/index.js';
import { openScratchFile, readPublishedFile, readRegularFile } from '../files/index.js';
import { type Loader, openLoader } from '../loader/index.js';
import { machineMemory } from '../machine-memory.js';
import { peakMemory } from '../peak-memory.js';
import { openSession } from '../session/index.js';
import { trainingBase } from '../training-memory.js';
import { version } from '../version.js';
import { modelPath } from './model-path.js';
import { requestShape, type TrainRequest } from './train-request.js';
import { openTrainingData } from './training-data.js';
import { largestSize, photoSizes, typicalSize } from './typical-size.js';

/** @param folder of the run, which also holds the index of classes */
export function nodePlatform(folder: string): RunPlatform {
  const ort: { version: string } = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return {
    openSession,
    openData: (request, tell) => openRunData(request, folder, tell),
    readInit: readWeights,
    requestShape,
    versions: { hmsa: version, 'onnxruntime-node': ort.version, node: process.version },
    processor: { model: cpus()[0]?.model ?? process.arch, cores: availableParallelism() },
    openScratch: (wanted, most) => openScratchFile(folder, wanted, most),
    peakMemory,
    memory: ({ workers }: TrainRequest) => ({ total: machineMemory(), base: trainingBase(workers) }),
  };
}

async function readWeights(name: string): Promise<Uint8Array> {
  return readPublishedFile(await modelPath(name), 'a file of pretrained weights');
}

/**
 * Checks that a file holds weights to start from.
 *
 * @throws HmsaError when it does not exist, is damaged, is of a kind that is not read, or is a model of a newer format
 */
export async function checkInit(init: string, entry?: string): Promise<void> {
  await readInit(init, { readInit: readWeights }, entry);
}

async function openRunData(
  request: TrainRequest,
  folder: string,
  tell: (event: TrainEvent) => void,
): Promise<RunData> {
  const data = await openTrainingData(request, tell);
  return {
    classes: data.classes,
    name: [request, ...(request.moreData ?? [])].map((set) => nameOfData(set.data)).join(' and '),
    async check(signal) {
      const { dataset, validation, leftOut } = await data.check(signal);
      const sizes = await photoSizes(dataset);
      return {
        dataset,
        validation,
        leftOut,
        imageSize: typicalSize(sizes),
        largestImage: largestSize(sizes),
        fingerprints: await fingerprints(request, dataset, validation),
        openBatches: (opening) => loaderOf(request, dataset, folder, opening, tell),
      };
    },
  };
}

async function fingerprints(
  { init }: TrainRequest,
  train: Dataset,
  validation: Dataset | undefined,
): Promise<Fingerprints> {
  const bytes = init === undefined ? undefined : await readRegularFile(init);
  return {
    train: await train.fingerprint?.(),
    validation: await validation?.fingerprint?.(),
    init: bytes && createHash('sha256').update(bytes).digest('hex'),
  };
}

/**
 * Opens the loader. This can take a while, and an abort ends it. Training itself handles later aborts, between steps.
 */
async function loaderOf(
  { config, workers, skipBad = false }: TrainRequest,
  dataset: Dataset,
  cache: string,
  signal: AbortSignal | undefined,
  tell: (event: TrainEvent) => void,
): Promise<Loader> {
  const opening = new AbortController();
  const stop = () => opening.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    const loader = await openLoader(dataset, {
      batchSize: config.batch,
      skipBad,
      seed: config.seed,
      augment: augmentPresets[config.augment]({ height: config.crop[0], width: config.crop[1] }),
      ...(config.classUniform > 0
        ? { sampling: 'class-uniform' as const, uniformShare: config.classUniform, cache }
        : {}),
      ...(workers === undefined ? {} : { workers }),
      signal: opening.signal,
      onIndexing: (done, total) => {
        if (done === 1) tell({ kind: 'preparing', what: `looking for the classes in ${total} label maps` });
      },
    });
    const absent = loader.classIndex === undefined ? [] : classesWithoutPlaces(loader.classIndex);
    if (absent.length > 0) {
      const names = absent.map((id) => dataset.classes.names[id]).join(', ');
      tell({
        kind: 'warning',
        what: `no crop can be centred on ${names}, because the training data have none`,
      });
    }
    return loader;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
