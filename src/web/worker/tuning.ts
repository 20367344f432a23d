import { float32, type NdArray } from '../../base/arrays.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import { generator } from '../../base/random/index.js';
import { type ClassMap, type Size, VOID } from '../../data/index.js';
import { isVariable, reachable } from '../../engine/graph/index.js';
import { compile } from '../../engine/onnx/lower.js';
import { argmax, cast, max, softmax } from '../../engine/ops/index.js';
import type { NamedArrays, Session } from '../../engine/runtime/index.js';
import type { Model } from '../../model/file/index.js';
import { leastSide } from '../../model/index.js';
import { resized, seenSize } from '../../prediction/index.js';
import {
  frozenValues,
  initialState,
  phaseGraph,
  randomFeeds,
  splitFrozen,
  stepSession,
  trainingStep,
} from '../../training/index.js';
import { adam } from '../../training/optimizers/index.js';
import type { TuningStep } from '../protocol.js';
import type { Runtime } from './runtime.js';
import { widened } from './widen.js';

/** Painted pixels of each class in a step, drawn anew each time, so that a long stroke does not outweigh a short one. */
const PIXELS_PER_CLASS = 400;

/** Keeps the first steps, whose gradients are large, from undoing what the model knows. */
const CLIP_NORM = 1;
/** Steps over which the learning rate rises to its full value: Adam's first steps are as large as any, and less sure. */
const WARM_UP = 8;

/** The probability from which on the model's own label of a pixel that is not painted is kept. */
const SURE = 0.8;
/** Such pixels of each class in a step. */
const KEPT_PER_CLASS = 150;

/**
 * Trains attention and head of a model on painted pixels of one image. The trunk is frozen: its features are computed once
 * and kept. Loss, gradients and update are the training graph of a phase, as in Node.
 */
export class Tuning {
  readonly #model: Model;
  readonly #size: Size;
  readonly #features: NamedArrays;
  readonly #step: Session;
  readonly #preview: Session;
  readonly #learningRate: number;
  readonly #marks: Record<string, NdArray>[] = [];
  /** What the model said before, at pixels that it was sure of; void elsewhere. */
  readonly #known: Uint8Array;
  /** Pixels by class: those that are painted, and those that are to stay as they are. */
  #painted = new Map<number, number[]>();
  #kept = new Map<number, number[]>();
  #steps = 0;

  /** @throws HmsaError when the classes do not fit, or the image is too small */
  static async begin(
    runtime: Runtime,
    given: Model,
    image: Pixels,
    classes: ClassMap,
    learningRate: number,
  ): Promise<Tuning> {
    const model = widened(given, classes);
    const { config, weights } = model;
    const size = seenSize(image, model.imageSize, undefined, leastSide(config, config.scales));
    const { width, height } = size;
    const graph = phaseGraph(config, {
      kind: 'joint',
      freeze: ['trunk'],
      batchNorm: 'frozen',
      batch: [1, height, width],
      loss: { main: 'crossEntropy', perScale: 0.2, auxiliary: 0 },
    });
    const metrics = {
      accuracy: graph.metrics.pixelAccuracy!,
      labels: cast(argmax(graph.logits, 1), 'uint8'),
      sureness: max(softmax(graph.logits, 1), [1]),
    };
    const { features, trained } = splitFrozen({ ...graph, metrics });
    const frozen = await runtime.open(compile({ outputs: features, constants: weights }));
    let kept: NamedArrays;
    try {
      const data = resized(image, size).data;
      kept = await frozen.run({ images: { dtype: 'uint8', shape: [1, height, width, 3], data } });
    } finally {
      await frozen.dispose();
    }
    const step = trainingStep({
      loss: trained.loss,
      metrics: { accuracy: trained.metrics.accuracy! },
      parameters: trained.builder.parameters,
      bufferUpdates: trained.bufferUpdates ?? new Map(),
      optimizer: adam(),
      clipNorm: CLIP_NORM,
    });
    const session = await runtime.openOnCpu(
      compile({ outputs: step.outputs, constants: frozenValues(step, weights) }),
      stepSession(step),
    );
    try {
      await session.setState(initialState(step, weights));
      const outputs = { labels: trained.metrics.labels!, sureness: trained.metrics.sureness! };
      const changing = new Set(step.variables.map(({ attributes }) => attributes.name));
      const read = reachable(Object.values(outputs))
        .filter(isVariable)
        .map(({ attributes }) => attributes.name);
      const constants = new Map([...weights].filter(([name]) => !changing.has(name)));
      const state = Object.fromEntries(read.filter((name) => changing.has(name)).map((name) => [name, null]));
      const preview = await session.sibling(compile({ outputs, constants }), { state });
      const first = await preview.run(kept);
      const sureness = first.sureness!.data as Float32Array;
      const known = (first.labels!.data as Uint8Array).map((label, i) =>
        sureness[i]! >= SURE ? label : VOID,
      );
      return new Tuning({ model, size, features: kept, step: session, preview, learningRate, known });
    } catch (error) {
      await session.dispose();
      throw error;
    }
  }

  private constructor(parts: {
    readonly model: Model;
    readonly size: Size;
    readonly features: NamedArrays;
    readonly step: Session;
    readonly preview: Session;
    readonly learningRate: number;
    readonly known: Uint8Array;
  }) {
    this.#model = parts.model;
    this.#size = parts.size;
    this.#features = parts.features;
    this.#step = parts.step;
    this.#preview = parts.preview;
    this.#learningRate = parts.learningRate;
    this.#known = parts.known;
  }

  /** The size at which the network sees the image. */
  get size(): Size {
    return this.#size;
  }

  /**
   * Takes what is painted: train ids of a picture of any size, {@link VOID} where nothing is. Every painted pixel counts, so
   * that a thin stroke is not lost where the image is reduced.
   *
   * Where nothing is painted, what the model was sure of stays as it was, except for classes over which another one is
   * painted: those are what is to change.
   */
  paint(labels: Uint8Array, { width, height }: Size): void {
    const painted = new Map<number, Set<number>>();
    const { width: columns, height: rows } = this.#size;
    for (let y = 0, i = 0; y < height; y++) {
      const row = Math.floor((y * rows) / height) * columns;
      for (let x = 0; x < width; x++, i++) {
        const label = labels[i]!;
        if (label === VOID || label >= this.#model.config.classes) continue;
        const places = painted.get(label) ?? new Set();
        painted.set(label, places);
        places.add(row + Math.floor((x * columns) / width));
      }
    }
    this.#painted = new Map([...painted].map(([label, places]) => [label, [...places]]));
    this.#kept = this.#knownBeside(painted);
  }

  #knownBeside(painted: ReadonlyMap<number, ReadonlySet<number>>): Map<number, number[]> {
    const isPainted = new Set([...painted.values()].flatMap((places) => [...places]));
    const wrong = new Set([VOID]);
    for (const [label, places] of painted)
      for (const place of places) if (this.#known[place] !== label) wrong.add(this.#known[place]!);
    const kept = new Map<number, number[]>();
    for (const [place, label] of this.#known.entries()) {
      if (wrong.has(label) || isPainted.has(place)) continue;
      const places = kept.get(label);
      if (places === undefined) kept.set(label, [place]);
      else places.push(place);
    }
    return kept;
  }

  /** One step. @throws HmsaError when nothing is painted, or the loss is not finite; then nothing has changed */
  async step(): Promise<TuningStep> {
    if (this.#painted.size === 0) {
      throw new HmsaError({
        operation: 'training',
        expected: 'pixels that are painted with a class',
        received: 'none',
        remedy: 'Paint a stroke for each of two or more classes first.',
      });
    }
    const number = this.#steps;
    const { width, height } = this.#size;
    const results = await this.#step.run({
      ...this.#features,
      labels: { dtype: 'uint8', shape: [1, height, width], data: this.#drawn(number) },
      learningRate: float32(Float32Array.of(this.#learningRate * Math.min(1, (number + 1) / WARM_UP)), []),
      ...randomFeeds(this.#step.inputs, 0, number, 0),
    });
    const value = (name: string) => Number(results[name]!.data[0]);
    const loss = value('loss');
    if (!Number.isFinite(loss) || !Number.isFinite(value('gradientNorm'))) {
      throw new HmsaError({
        operation: 'training',
        expected: 'a finite loss',
        received: String(loss),
        remedy: 'Undo, and train with a lower learning rate.',
      });
    }
    this.#steps++;
    return { step: this.#steps, loss, accuracy: value('accuracy') };
  }

  /** The labels of the image, at the size at which the network sees it. */
  async labels(): Promise<Uint8Array> {
    const { labels } = await this.#preview.run(this.#features, { outputs: ['labels'] });
    return labels!.data as Uint8Array;
  }

  /** Remembers the weights for {@link undo}. */
  async mark(): Promise<void> {
    this.#marks.push(await this.#step.getState());
  }

  /** Goes back to the last mark; false if there is none. */
  async undo(): Promise<boolean> {
    const state = this.#marks.pop();
    if (state === undefined) return false;
    await this.#step.setState(state);
    return true;
  }

  /** The model with the weights as they are now. */
  async model(): Promise<Model> {
    const state = await this.#step.getState();
    const weights = new Map(
      [...this.#model.weights].map(([name, value]) => {
        const now = state[name];
        return [name, now === undefined ? value : float32(now.data as Float32Array, value.shape)];
      }),
    );
    return { ...this.#model, weights };
  }

  async dispose(): Promise<void> {
    await this.#preview.dispose();
    await this.#step.dispose();
  }

  #drawn(step: number): Uint8Array {
    const { width, height } = this.#size;
    const labels = new Uint8Array(width * height).fill(VOID);
    const random = generator(0, 'scribbles', step);
    const draw = (pixels: ReadonlyMap<number, readonly number[]>, most: number) => {
      for (const [label, places] of pixels) {
        if (places.length <= most) for (const place of places) labels[place] = label;
        else
          for (let i = 0; i < most; i++)
            labels[places[Math.floor(random.uniform() * places.length)]!] = label;
      }
    };
    draw(this.#kept, KEPT_PER_CLASS);
    draw(this.#painted, PIXELS_PER_CLASS);
    return labels;
  }
}
