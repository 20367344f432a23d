import type { NdArray } from '../arrays/index.js';
import type { Batch } from '../data/index.js';
import { HmsaError } from '../errors/index.js';
import type { ModelConfig } from '../models/index.js';
import { foldBatchNorm, lower } from '../onnx/index.js';
import type { Session, SessionOptions } from '../runtime/index.js';
import type { PhaseConfig, TrainConfig } from './config.js';
import { optimizerOf } from './optimizer.js';
import { phaseGraph } from './phase-graph.js';
import { diagnosis, frozenValues, initialState, type TrainingStep, trainingStep } from './step/index.js';

/** Opens a graph in ONNX Runtime, wherever that runs. */
export type OpenSession = (model: Uint8Array, options: SessionOptions) => Promise<Session>;

/** All that a phase reads and changes, by variable name: weights, buffers, and what the optimiser remembers. */
export type TrainingValues = ReadonlyMap<string, NdArray>;

export interface PhaseParts {
  readonly model: ModelConfig;
  readonly training: TrainConfig;
  readonly phase: PhaseConfig;
  /** Where the phase starts from; optimiser state that is missing starts at zero. */
  readonly values: TrainingValues;
  readonly openSession: OpenSession;
  readonly options: SessionOptions;
}

export interface StepResult {
  readonly loss: number;
  /** Global norm of the gradients, before clipping. */
  readonly gradientNorm: number;
  readonly metrics: Readonly<Record<string, number>>;
}

interface Opened {
  readonly session: Session;
  readonly step: TrainingStep;
}

/**
 * Runs the steps of one phase. Its state lives in one session, or, in the phase `scales`, in one session for each scale
 * that share it; what is frozen is constant in their graphs, with batch norm folded.
 */
export class PhaseRunner {
  readonly #parts: PhaseParts;
  readonly #opened = new Map<number, Opened>();

  constructor(parts: PhaseParts) {
    this.#parts = parts;
  }

  /**
   * One step on one batch.
   *
   * @param scale the scale to train, in the phase `scales`; 1 otherwise
   * @throws HmsaError that names the first tensor that is not finite, when the loss or a gradient is not; the values
   *   are then still those before the step
   */
  async step(batch: Batch, learningRate: number, scale: number): Promise<StepResult> {
    const { session, step } = await this.#at(scale);
    const feeds = {
      images: { dtype: 'uint8', data: batch.images, shape: [...batch.size, 3] },
      labels: { dtype: 'uint8', data: batch.labels, shape: batch.size },
      learningRate: { dtype: 'float32', data: Float32Array.of(learningRate), shape: [] },
    } satisfies Record<string, NdArray>;
    const results = await session.run(feeds);
    const numbers = Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, Number(data[0])] as const),
    );
    const { loss, gradientNorm, ...metrics } = numbers as { loss: number; gradientNorm: number };
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      const culprit = await this.#culprit(feeds, scale, step);
      throw new HmsaError({
        operation: 'train',
        expected: 'a finite loss and gradient',
        received: `loss ${loss}, gradient norm ${gradientNorm}; first not finite: ${culprit}`,
        remedy: 'Lower the learning rate, or set clipNorm; the last checkpoint is untouched.',
      });
    }
    return { loss, gradientNorm, metrics };
  }

  /** Everything that the phase knows, learned values in place of those it started from. */
  async values(): Promise<Map<string, NdArray>> {
    const result = new Map(this.#parts.values);
    for (const { session, step } of this.#opened.values()) {
      const names = step.variables.map(({ attributes }) => attributes.name);
      for (const [name, value] of Object.entries(await session.getState(names))) result.set(name, value);
    }
    return result;
  }

  async dispose(): Promise<void> {
    for (const { session } of this.#opened.values()) await session.dispose();
    this.#opened.clear();
  }

  /** The session of a scale, opened at its first use. */
  async #at(scale: number): Promise<Opened> {
    const known = this.#opened.get(scale);
    if (known !== undefined) return known;
    const { values, openSession, options } = this.#parts;
    const { step } = this.#build(scale);
    const { outputs, constants } = foldBatchNorm(step.outputs, frozenValues(step, values));
    const file = lower({ outputs, constants });
    const sessionOptions = { ...options, state: step.state };
    const [first] = this.#opened.values();
    const session = await (first === undefined
      ? openSession(file, sessionOptions)
      : first.session.sibling(file, sessionOptions));
    // A sibling finds the values of the variables that it shares; giving them again would undo what was learned.
    const fresh = new Set(step.variables.map(({ attributes }) => attributes.name));
    for (const { step: other } of this.#opened.values()) {
      for (const { attributes } of other.variables) fresh.delete(attributes.name);
    }
    const start = Object.entries(initialState(step, values)).filter(([name]) => fresh.has(name));
    await session.setState(Object.fromEntries(start));
    const opened = { session, step };
    this.#opened.set(scale, opened);
    return opened;
  }

  #build(scale: number) {
    const { model, training, phase } = this.#parts;
    const graph = phaseGraph(model, {
      kind: phase.kind,
      batch: [training.batch, ...training.crop],
      scale,
      scaleLossWeight: training.scaleLossWeight,
    });
    const step = trainingStep({
      loss: graph.loss,
      metrics: graph.metrics,
      parameters: graph.builder.parameters,
      bufferUpdates: graph.builder.bufferUpdates,
      optimizer: optimizerOf(training.optimizer),
      weightDecay: training.weightDecay,
      ...(training.clipNorm > 0 ? { clipNorm: training.clipNorm } : {}),
    });
    return { graph, step };
  }

  /** Runs the step once more with every tensor watched. */
  async #culprit(feeds: Record<string, NdArray>, scale: number, step: TrainingStep): Promise<string> {
    const values = await this.values();
    const { graph } = this.#build(scale);
    const { outputs, culprit } = diagnosis(graph.loss, graph.builder.parameters);
    const state = Object.keys(step.state).filter((name) => !name.startsWith('optimizer.'));
    const constants = new Map([...values].filter(([, { dtype }]) => dtype === 'float32'));
    const session = await this.#parts.openSession(lower({ outputs, constants }), this.#parts.options);
    try {
      const { images, labels } = feeds;
      const { trace } = await session.run({ images: images!, labels: labels! });
      return culprit(trace!.data as Float32Array) ?? `none of ${state.length} variables`;
    } finally {
      await session.dispose();
    }
  }
}
