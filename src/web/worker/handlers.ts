import { type Handlers, Transferring } from '../../base/calls.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import { RunQueue } from '../../base/tasks.js';
import type { Size } from '../../data/index.js';
import type { Session } from '../../engine/runtime/index.js';
import { decodeModel, encodeModel, type Model } from '../../model/file/index.js';
import { leastSide } from '../../model/index.js';
import { enlargedTo, type Segmentation, Segmenter } from '../../prediction/index.js';
import type { LoadRequest, ModelFacts, Progress, SentSegmentOptions, WebCalls } from '../protocol.js';
import { type Exported, looksLikeOnnx, readExported, segmentExported } from './exported.js';
import { modelBytes } from './model-bytes.js';
import { pixelsOf } from './pixels.js';
import { Runtime } from './runtime.js';
import { Tuning } from './tuning.js';

/** WebAssembly has 4 GiB, of which the model and the runtime take their part. */
const MEMORY_LIMIT = 3e9;

/**
 * Runs on an empty image after which V8 has compiled the loops of the network with all its optimisations; until then it computes
 * several times as slowly.
 */
const WARM_RUNS = 5;

/** What labels images: a model of weights, or an exported file. */
type Loaded =
  | { readonly kind: 'hmsa'; readonly model: Model; readonly segmenter: Segmenter }
  | { readonly kind: 'onnx'; readonly exported: Exported; readonly session: Session };

interface Tuned {
  readonly tuning: Tuning;
  readonly image: Pixels;
}

/** Answers a page, one call after the other. The worker holds one model. */
export function webHandlers(say: (progress: Progress) => void): Handlers<WebCalls> {
  const queue = new RunQueue();
  let runtime: Runtime | undefined;
  let loaded: Loaded | undefined;
  let name = 'model';
  let memoryLimit = MEMORY_LIMIT;
  let tuned: Tuned | undefined;

  /** Calls wait for each other; one that is no longer wanted when its turn comes does not begin. */
  const inTurn =
    <A, R>(handler: (request: A, signal: AbortSignal) => Promise<R>) =>
    (request: A, signal: AbortSignal): Promise<R> =>
      queue.add(async () => {
        await breathe();
        signal.throwIfAborted();
        return handler(request, signal);
      });

  const current = (): { readonly runtime: Runtime; readonly loaded: Loaded } => {
    if (runtime !== undefined && loaded !== undefined) return { runtime, loaded };
    throw new HmsaError({ operation: 'segment', expected: 'a loaded model', received: 'none' });
  };

  const openModel = (model: Model): Loaded => ({
    kind: 'hmsa',
    model,
    segmenter: new Segmenter(
      model,
      (graph, options) => {
        say({ stage: 'network' });
        return runtime!.open(graph, options);
      },
      { memoryLimit, device: runtime!.facts.device },
    ),
  });

  const withModel = (operation: string): Model => {
    const { loaded } = current();
    if (loaded.kind === 'hmsa') return loaded.model;
    throw new HmsaError({
      operation,
      expected: 'a model whose weights are known, of a .safetensors file',
      received: 'an exported ONNX file',
      remedy: 'Load the .safetensors file that it was exported from.',
    });
  };

  const tuningNow = (): Tuned => {
    if (tuned !== undefined) return tuned;
    throw new HmsaError({ operation: 'training', expected: 'an image to train on', received: 'none' });
  };

  const close = async (): Promise<void> => {
    const [before, beforeTuned] = [loaded, tuned];
    loaded = undefined;
    tuned = undefined;
    await beforeTuned?.tuning.dispose();
    if (before?.kind === 'hmsa') await before.segmenter.dispose();
    else await before?.session.dispose();
  };

  async function load(request: LoadRequest) {
    const file = await modelBytes(request.model, say);
    say({ stage: 'runtime' });
    runtime = await Runtime.start(request);
    memoryLimit = request.memoryLimit ?? MEMORY_LIMIT;
    await close();
    name = file.name;
    if (looksLikeOnnx(file.bytes)) {
      const exported = readExported(file.bytes, name);
      loaded = { kind: 'onnx', exported, session: await runtime.open(file.bytes) };
    } else {
      loaded = openModel(decodeModel(file.bytes, name));
    }
    return { model: factsOf(loaded, name), device: runtime.facts };
  }

  /** A graphics card may fail in the middle of it: the same is then done once more on the CPU. */
  async function segmented(image: Pixels, options: SentSegmentOptions, signal: AbortSignal) {
    const { runtime, loaded } = current();
    const before = runtime.facts.device;
    try {
      return await segmentOnce(image, options, signal);
    } catch (error) {
      const isOfGpu = before === 'webgpu' && /ONNX Runtime|finite/.test(String(error));
      if (!isOfGpu || loaded.kind !== 'hmsa') throw error;
      runtime.giveUpGpu(error);
      await useModel(loaded.model);
      return segmentOnce(image, options, signal);
    }
  }

  async function segmentOnce(image: Pixels, options: SentSegmentOptions, signal: AbortSignal) {
    const { loaded } = current();
    say({ stage: 'graph' });
    const onProgress = async (done: number) => {
      say({ stage: 'graph', done, total: 1 });
      await breathe();
    };
    return loaded.kind === 'hmsa'
      ? loaded.segmenter.segment(image, { ...options, signal, onProgress })
      : segmentExported(loaded.exported, loaded.session, image, options);
  }

  return {
    load: inTurn(load),

    prepare: inTurn(async ({ options }, signal) => {
      const { loaded } = current();
      const image = emptyImage(loaded, options);
      for (let i = 0; i < WARM_RUNS; i++) {
        await breathe();
        signal.throwIfAborted();
        await segmented(image, options, signal);
      }
      return current().runtime.facts;
    }),

    segment: inTurn(async ({ picture, options }, signal) => {
      const image = await pixelsOf(picture);
      signal.throwIfAborted();
      const segmentation = await segmented(image, options, signal);
      const device = current().runtime.facts;
      return new Transferring({ segmentation, device }, buffersOf(segmentation));
    }),

    encode: inTurn(async ({ precision }) => {
      const bytes = encodeModel(withModel('save'), precision);
      return new Transferring(bytes, [bytes.buffer]);
    }),

    beginTuning: inTurn(async ({ picture, classes, learningRate }) => {
      const model = withModel('training');
      await tuned?.tuning.dispose();
      tuned = undefined;
      const image = await pixelsOf(picture);
      say({ stage: 'graph' });
      tuned = { tuning: await Tuning.begin(current().runtime, model, image, classes, learningRate), image };
      return tuned.tuning.size;
    }),

    tuningStep: inTurn(async ({ labels }) => {
      const { tuning, image } = tuningNow();
      if (labels !== undefined) await tuning.paint(labels, image);
      return tuning.step();
    }),

    tuningLabels: inTurn(async () => {
      const { tuning, image } = tuningNow();
      const seen = tuning.size;
      const { labels, width, height } = enlargedTo(image, { ...seen, seen, labels: await tuning.labels() });
      return new Transferring({ labels, width, height }, [labels.buffer as ArrayBuffer]);
    }),

    markTuning: inTurn(() => tuningNow().tuning.mark()),
    undoTuning: inTurn(() => tuningNow().tuning.undo()),

    applyTuning: inTurn(async () => {
      await useModel(await tuningNow().tuning.model());
      return factsOf(current().loaded, name);
    }),

    endTuning: inTurn(async () => {
      await tuned?.tuning.dispose();
      tuned = undefined;
    }),
  };

  async function useModel(model: Model): Promise<void> {
    if (loaded?.kind === 'hmsa') await loaded.segmenter.dispose();
    loaded = openModel(model);
  }
}

function factsOf(loaded: Loaded, name: string): ModelFacts {
  if (loaded.kind === 'onnx') return loaded.exported.facts;
  const { classes, config, imageSize } = loaded.model;
  return {
    name,
    kind: 'hmsa',
    classes,
    scales: [...config.scales].sort((a, b) => b - a),
    isOpen: true,
    hasConfidence: true,
    ...(imageSize === undefined ? {} : { imageSize }),
  };
}

/** An image on which a network can be tried: of its own size if it has only one, else of a quarter of the usual pixels. */
function emptyImage(loaded: Loaded, { scales }: SentSegmentOptions): Pixels {
  const { width, height } = sizeToTry(loaded, scales);
  return { width, height, data: new Uint8Array(width * height * 3) };
}

function sizeToTry(loaded: Loaded, scales: readonly number[] | undefined): Size {
  const usual = { width: 480, height: 360 };
  if (loaded.kind === 'onnx') return loaded.exported.size ?? usual;
  const { config, imageSize = usual } = loaded.model;
  const least = leastSide(config, scales ?? config.scales);
  const half = (side: number) => Math.max(least, Math.ceil(side / 2));
  return { width: half(imageSize.width), height: half(imageSize.height) };
}

/** Lets messages in that have come meanwhile, such as that a call is no longer wanted. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The buffers of a segmentation, which are handed over. */
function buffersOf({ labels, confidence, scales = [] }: Segmentation): ArrayBuffer[] {
  const arrays = [labels, confidence, ...scales.flatMap((scale) => [scale.labels, scale.attention])];
  return [
    ...new Set(arrays.filter((array) => array !== undefined).map(({ buffer }) => buffer as ArrayBuffer)),
  ];
}
