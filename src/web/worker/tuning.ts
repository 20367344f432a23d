import { float32, type NdArray } from '../../base/arrays.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
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
import { Lesson } from './lesson.js';
import type { Runtime } from './runtime.js';
import { classRows, widened, withRow } from './widen.js';

/** Keeps the first steps, whose gradients are large, from undoing what the model knows. */
const CLIP_NORM = 1;
/** Steps over which the learning rate rises to its full value: Adam's first steps are as large as any, and less sure. */
const WARM_UP = 4;
/**
 * After so many steps on the same strokes the learning rate is a quarter, after twice as many a ninth: a few strokes are soon
 * learned. At a constant rate they are learned by heart, and the rest of the picture becomes worse.
 */
const CALM = 8;

/** The probability from which on the model's own label of a pixel that is not painted is kept. */
const SURE = 0.8;
/** What `undo` goes back to. */
interface Mark {
  readonly state: Record<string, NdArray>;
  readonly begun: ReadonlySet<number>;
  readonly stepsOnThese: number;
}

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
  readonly #marks: Mark[] = [];
  readonly #lesson: Lesson;
  /** What the model said before, everywhere. */
  readonly #first: Uint8Array;
  /** The variables with a row for each class, if there are classes that the model did not have. */
  readonly #rows: readonly string[];
  /** Classes from this number on are new. */
  readonly #newFrom: number;
  /** New classes that have begun as one of the others. */
  #begun = new Set<number>();
  #steps = 0;
  /** Of them, those on the strokes as they are now. */
  #stepsOnThese = 0;

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
      const labels = first.labels!.data as Uint8Array;
      const known = labels.map((label, i) => (sureness[i]! >= SURE ? label : VOID));
      const lesson = new Lesson(size, known);
      return new Tuning({
        model,
        size,
        features: kept,
        step: session,
        preview,
        learningRate,
        lesson,
        first: labels,
        rows: classRows(given, model),
        newFrom: given.config.classes,
      });
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
    readonly lesson: Lesson;
    readonly first: Uint8Array;
    readonly rows: readonly string[];
    readonly newFrom: number;
  }) {
    this.#model = parts.model;
    this.#size = parts.size;
    this.#features = parts.features;
    this.#step = parts.step;
    this.#preview = parts.preview;
    this.#learningRate = parts.learningRate;
    this.#lesson = parts.lesson;
    this.#first = parts.first;
    this.#rows = parts.rows;
    this.#newFrom = parts.newFrom;
  }

  /** The size at which the network sees the image. */
  get size(): Size {
    return this.#size;
  }

  /** Takes what is painted: train ids of a picture of any size, {@link VOID} where nothing is. */
  async paint(labels: Uint8Array, size: Size): Promise<void> {
    if (this.#lesson.paint(labels, size, this.#model.config.classes)) this.#stepsOnThese = 0;
    const fresh = [...this.#lesson.places].filter(([id]) => id >= this.#newFrom && !this.#begun.has(id));
    if (fresh.length === 0) return;
    const state = await this.#step.getState();
    for (const [id, places] of fresh) {
      const like = mostFrequent(places.map((place) => this.#first[place]!));
      for (const name of this.#rows) state[name] = withRow(state[name]!, like, id);
      this.#begun.add(id);
    }
    await this.#step.setState(state);
  }

  /** One step. @throws HmsaError when nothing is painted, or the loss is not finite; then nothing has changed */
  async step(): Promise<TuningStep> {
    if (this.#lesson.isEmpty) {
      throw new HmsaError({
        operation: 'training',
        expected: 'pixels that are painted with a class',
        received: 'none',
        remedy: 'Paint a stroke for each of two or more classes first.',
      });
    }
    const number = this.#steps;
    const { width, height } = this.#size;
    const share = Math.min(1, (this.#stepsOnThese + 1) / WARM_UP) / (1 + this.#stepsOnThese / CALM) ** 2;
    const results = await this.#step.run({
      ...this.#features,
      labels: { dtype: 'uint8', shape: [1, height, width], data: this.#lesson.drawn(number) },
      learningRate: float32(Float32Array.of(this.#learningRate * share), []),
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
    this.#stepsOnThese++;
    return { step: this.#steps, loss, accuracy: value('accuracy') };
  }

  /** The labels of the image, at the size at which the network sees it. */
  async labels(): Promise<Uint8Array> {
    const { labels } = await this.#preview.run(this.#features, { outputs: ['labels'] });
    return labels!.data as Uint8Array;
  }

  /** Remembers the weights for {@link undo}. */
  async mark(): Promise<void> {
    this.#marks.push({
      state: await this.#step.getState(),
      begun: new Set(this.#begun),
      stepsOnThese: this.#stepsOnThese,
    });
  }

  /** Goes back to the last mark; false if there is none. */
  async undo(): Promise<boolean> {
    const mark = this.#marks.pop();
    if (mark === undefined) return false;
    await this.#step.setState(mark.state);
    this.#begun = new Set(mark.begun);
    this.#stepsOnThese = mark.stepsOnThese;
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
}

function mostFrequent(labels: readonly number[]): number {
  const counts = new Uint32Array(256);
  for (const label of labels) counts[label]!++;
  return counts.indexOf(Math.max(...counts));
}
