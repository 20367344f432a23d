import type { NdArray } from '../base/arrays/index.js';
import { HmsaError } from '../base/errors/index.js';
import type { Batch } from '../data/index.js';
import { compile } from '../engine/onnx/index.js';
import type { NamedArrays, Session, SessionOptions } from '../engine/runtime/index.js';
import type { ModelConfig } from '../model/index.js';
import type { PhaseConfig, TrainConfig } from './config.js';
import { phaseGraph, randomFeeds, stepGraphs } from './phase.js';
import type { PlannedStep } from './plan.js';
import { diagnosis, frozenValues, initialState, stepSession, type TrainingStep } from './step/index.js';

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
  /** The mean over the batches of the step. */
  readonly loss: number;
  /** Global norm of the gradients, before clipping. */
  readonly gradientNorm: number;
  /** Means over the batches of the step. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** An open graph, and the variables that no graph opened before it has. */
interface Opened {
  readonly session: Session;
  readonly own: readonly string[];
}

/** What one scale is trained by: a graph for its batches and, with accumulation, another for the update. */
interface Trainer {
  readonly batch: Opened;
  readonly update: Opened | undefined;
}

/**
 * Runs the steps of one phase. Its state lives in one session, or, in the phase `scales`, in one session for each scale
 * that share it; what is frozen is constant in their graphs, with batch norm folded.
 */
export class PhaseRunner {
  readonly #parts: PhaseParts;
  readonly #opened: Opened[] = [];
  readonly #trainers = new Map<number, Trainer>();

  constructor(parts: PhaseParts) {
    this.#parts = parts;
  }

  /**
   * One step: the gradients of the batches, their mean, one update.
   *
   * @param batches as many as the configuration accumulates
   * @param planned its number over the whole run, its learning rate, and the scale that it trains in the phase `scales`
   * @throws HmsaError that names the first tensor that is not finite, when the loss or a gradient is not; nothing may
   *   be saved after it
   */
  async step(
    batches: readonly Batch[],
    { step, learningRate, scale }: Pick<PlannedStep, 'learningRate' | 'scale'> & { readonly step: number },
  ): Promise<StepResult> {
    const { batch, update } = await this.#trainer(scale);
    const rate = {
      learningRate: { dtype: 'float32', data: Float32Array.of(learningRate), shape: [] },
    } satisfies NamedArrays;
    const results: Record<string, number>[] = [];
    for (const [i, one] of batches.entries()) {
      const { seed } = this.#parts.training;
      const feeds = { ...feedsOf(one), ...randomFeeds(batch.session.inputs, seed, step, i) };
      const result = numbers(await batch.session.run({ ...feeds, ...(update === undefined ? rate : {}) }));
      if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradientNorm)) {
        throw notFinite(step, result, await this.#culprit(feeds, scale));
      }
      results.push(result);
    }
    const updated = update && numbers(await update.session.run(rate));
    const { loss, gradientNorm, ...metrics } = { ...meanOf(results), ...updated };
    if (!Number.isFinite(gradientNorm))
      throw notFinite(step, { loss: loss!, gradientNorm: gradientNorm! }, undefined);
    return { loss: loss!, gradientNorm: gradientNorm!, metrics };
  }

  /** Everything that the phase knows, learned values in place of those it started from. */
  async values(): Promise<Map<string, NdArray>> {
    const result = new Map(this.#parts.values);
    for (const { session, own } of this.#opened) {
      for (const [name, value] of Object.entries(await session.getState(own))) result.set(name, value);
    }
    return result;
  }

  async dispose(): Promise<void> {
    for (const { session } of this.#opened.splice(0)) await session.dispose();
    this.#trainers.clear();
  }

  /** What trains a scale, opened at its first use. */
  async #trainer(scale: number): Promise<Trainer> {
    const known = this.#trainers.get(scale);
    if (known !== undefined) return known;
    const { batch, update } = stepGraphs(this.#graph(scale), this.#parts.training);
    const trainer = {
      batch: await this.#open(batch),
      update: update === undefined ? undefined : await this.#open(update),
    };
    this.#trainers.set(scale, trainer);
    return trainer;
  }

  async #open(step: TrainingStep): Promise<Opened> {
    const { values, openSession, options } = this.#parts;
    const file = compile({ outputs: step.outputs, constants: frozenValues(step, values) });
    const sessionOptions = { ...options, ...stepSession(step) };
    const [first] = this.#opened;
    const session = await (first === undefined
      ? openSession(file, sessionOptions)
      : first.session.sibling(file, sessionOptions));
    // A sibling finds the values of the variables that it shares; giving them again would undo what was learned.
    const variables = [...step.variables, ...step.shared];
    const held = new Set(this.#opened.flatMap(({ own }) => own));
    const fresh = variables.filter(({ attributes }) => !held.has(attributes.name));
    const opened = { session, own: fresh.map(({ attributes }) => attributes.name) };
    this.#opened.push(opened);
    await session.setState(initialState({ variables: fresh }, values));
    return opened;
  }

  #graph(scale: number) {
    const { model, training, phase } = this.#parts;
    const { batch, crop, loss, classWeights, recompute } = training;
    return phaseGraph(model, {
      kind: phase.kind,
      batch: [batch, ...crop],
      scale,
      loss,
      recompute,
      ...(classWeights === 'equal' ? {} : { classWeights }),
    });
  }

  /** Runs the forward and backward pass once more with every tensor watched. */
  async #culprit(feeds: NamedArrays, scale: number): Promise<string | undefined> {
    const constants = await this.values();
    const { loss, builder, recompute } = this.#graph(scale);
    const { outputs, culprit } = diagnosis({ loss, parameters: builder.parameters, recompute });
    const session = await this.#parts.openSession(compile({ outputs, constants }), this.#parts.options);
    try {
      const { trace } = await session.run(feeds);
      return culprit(trace!.data as Float32Array);
    } finally {
      await session.dispose();
    }
  }
}

function feedsOf({ images, labels, size }: Batch) {
  return {
    images: { dtype: 'uint8', data: images, shape: [...size, 3] },
    labels: { dtype: 'uint8', data: labels, shape: size },
  } satisfies NamedArrays;
}

function numbers(results: NamedArrays): Record<string, number> {
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Number(data[0])]));
}

function meanOf(results: readonly Record<string, number>[]): Record<string, number> {
  const names = Object.keys(results[0]!);
  return Object.fromEntries(
    names.map((name) => [name, results.reduce((sum, result) => sum + result[name]!, 0) / results.length]),
  );
}

function notFinite(
  step: number,
  { loss, gradientNorm }: Readonly<Record<string, number>>,
  culprit: string | undefined,
): HmsaError {
  const first = culprit === undefined ? '' : `; first not finite: ${culprit}`;
  return new HmsaError({
    operation: `step ${step + 1}`,
    expected: 'a finite loss and gradient',
    received: `loss ${loss}, gradient norm ${gradientNorm}${first}`,
    remedy: 'Lower the learning rate, or set clipNorm; the last checkpoint is untouched.',
  });
}
