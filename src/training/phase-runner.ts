import type { NdArray } from '../base/arrays.js';
import { HmsaError } from '../base/errors/index.js';
import type { Batch } from '../data/index.js';
import { compile } from '../engine/onnx/lower.js';
import type { NamedArrays, Session, SessionOptions } from '../engine/runtime/index.js';
import type { ModelConfig } from '../model/index.js';
import type { PhaseConfig, TrainConfig } from './config.js';
import { averageFeeds, graphOfPhase, type PhaseGraph, randomFeeds, stepGraphs } from './phase.js';
import type { PlannedStep } from './plan.js';
import { type SplitPhase, splitFrozen } from './split-frozen.js';
import { diagnosis, frozenValues, initialState, stepSession, type TrainingStep } from './step/index.js';
import type { FeatureBatch, FeatureSource } from './viewed-batches.js';

/** Opens a graph in ONNX Runtime. */
export type OpenSession = (model: Uint8Array, options: SessionOptions) => Promise<Session>;

/** Everything that a phase reads and changes, by variable name: weights, buffers and optimiser state. */
export type TrainingValues = ReadonlyMap<string, NdArray>;

export interface PhaseParts {
  readonly model: ModelConfig;
  readonly training: TrainConfig;
  readonly phase: PhaseConfig;
  /** The values that the phase starts from. Missing optimiser state starts at zero. */
  readonly values: TrainingValues;
  readonly openSession: OpenSession;
  readonly sessionOptions: SessionOptions;
}

export interface StepResult {
  /** The mean over the batches of the step. */
  readonly loss: number;
  /** Global norm of the gradients, before clipping. */
  readonly gradientNorm: number;
  /** Means over the batches of the step. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** An open graph. */
interface OpenGraph {
  readonly session: Session;
  /** Names of the variables that no earlier graph of the phase has. */
  readonly added: readonly string[];
}

/** The open graphs that train one scale: one for the batches and, with accumulation, another for the update. */
interface ScaleGraphs {
  readonly batch: OpenGraph;
  readonly update: OpenGraph | undefined;
}

/**
 * Runs the steps of one phase. One session holds the state. In the phase `scales` there is a session for each scale,
 * and they share the state. Frozen variables are constants of the graphs, with batch norm folded.
 *
 * If the samples of the phase have a fixed number of views, its steps take the features of a batch, which
 * {@link PhaseRunner.features} computes from the batch.
 */
export class PhaseRunner implements FeatureSource {
  #parts: PhaseParts;
  readonly #open: OpenGraph[] = [];
  #split: SplitPhase | undefined;
  #frozen: Session | undefined;
  readonly #scales = new Map<number, ScaleGraphs>();

  constructor(parts: PhaseParts) {
    this.#parts = parts;
  }

  /**
   * One step: the gradients of the batches, their mean, one update.
   *
   * @param batches as many as the configuration accumulates
   * @param planned the step's number over the whole run, its learning rate, and in the phase `scales` its scale
   * @throws HmsaError that names the first tensor that is not finite, if the loss or a gradient is not. Do not save the
   *   values after it
   */
  async step(
    batches: readonly (Batch | FeatureBatch)[],
    { step, learningRate, scale }: Pick<PlannedStep, 'learningRate' | 'scale'> & { readonly step: number },
  ): Promise<StepResult> {
    const { batch, update } = await this.#graphsOf(scale);
    const rate = {
      learningRate: { dtype: 'float32', data: Float32Array.of(learningRate), shape: [] },
      ...averageFeeds(this.#parts.training, step),
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

  /** The shapes of the features of a batch. */
  get shapes(): Readonly<Record<string, readonly number[]>> {
    const features = Object.entries(this.#splitPhase().features);
    return Object.fromEntries(features.map(([name, { shape }]) => [name, shape as readonly number[]]));
  }

  async features(batch: Batch): Promise<FeatureBatch> {
    this.#frozen ??= await this.#openFrozen();
    const { images } = feedsOf(batch);
    const { labels, size } = batch;
    return { features: await this.#frozen.run({ images }), labels, size };
  }

  /** All values: the current ones of variables that the phase trains, the initial ones of all others. */
  async values(): Promise<Map<string, NdArray>> {
    const result = new Map(this.#parts.values);
    for (const { session, added } of this.#open) {
      for (const [name, value] of Object.entries(await session.getState(added))) result.set(name, value);
    }
    return result;
  }

  /** Closes the graphs, to free their memory. The next step opens them again, with the same values. */
  async pause(): Promise<void> {
    const values = await this.values();
    await this.dispose();
    this.#parts = { ...this.#parts, values };
  }

  async dispose(): Promise<void> {
    for (const { session } of this.#open.splice(0)) await session.dispose();
    await this.#frozen?.dispose();
    this.#frozen = undefined;
    this.#scales.clear();
  }

  /** The graphs of a scale, opened at its first step. */
  async #graphsOf(scale: number): Promise<ScaleGraphs> {
    const known = this.#scales.get(scale);
    if (known !== undefined) return known;
    const { batch, update } = stepGraphs(this.#phaseGraph(scale), this.#parts.training);
    const graphs = {
      batch: await this.#openGraph(batch),
      update: update === undefined ? undefined : await this.#openGraph(update),
    };
    this.#scales.set(scale, graphs);
    return graphs;
  }

  /** The graph of the frozen part. It is in the same thread as the others, because it waits for them and they for it. */
  async #openFrozen(): Promise<Session> {
    const { values, openSession, sessionOptions } = this.#parts;
    const file = compile({ outputs: this.#splitPhase().features, constants: values });
    const [first] = this.#open;
    return first === undefined ? openSession(file, sessionOptions) : first.session.sibling(file);
  }

  async #openGraph(step: TrainingStep): Promise<OpenGraph> {
    const { values, openSession, sessionOptions } = this.#parts;
    const file = compile({ outputs: step.outputs, constants: frozenValues(step, values) });
    const options = { ...sessionOptions, ...stepSession(step) };
    const first = this.#open[0]?.session ?? this.#frozen;
    const session = await (first === undefined
      ? openSession(file, options)
      : first.sibling(file, stepSession(step)));
    // A sibling shares its variables with the sessions before it. Setting them again would undo the training so far.
    const known = new Set(this.#open.flatMap(({ added }) => added));
    const variables = [...step.variables, ...step.shared].filter(
      ({ attributes }) => !known.has(attributes.name),
    );
    const graph = { session, added: variables.map(({ attributes }) => attributes.name) };
    this.#open.push(graph);
    await session.setState(initialState({ variables }, values));
    return graph;
  }

  #phaseGraph(scale: number): PhaseGraph {
    return this.#parts.phase.views === undefined ? this.#wholeGraph(scale) : this.#splitPhase().trained;
  }

  #splitPhase(): SplitPhase {
    this.#split ??= splitFrozen(this.#wholeGraph(1));
    return this.#split;
  }

  #wholeGraph(scale: number): PhaseGraph {
    const { model, training, phase } = this.#parts;
    return graphOfPhase(model, training, phase, scale);
  }

  /** Runs the forward and backward pass again and looks at every tensor. */
  async #culprit(feeds: NamedArrays, scale: number): Promise<string | undefined> {
    const constants = await this.values();
    const { loss, builder, recompute } = this.#phaseGraph(scale);
    const { outputs, culprit } = diagnosis({ loss, parameters: builder.parameters, recompute });
    const session = await this.#parts.openSession(
      compile({ outputs, constants }),
      this.#parts.sessionOptions,
    );
    try {
      const { trace } = await session.run(feeds);
      return culprit(trace!.data as Float32Array);
    } finally {
      await session.dispose();
    }
  }
}

function feedsOf(batch: Batch): { readonly images: NdArray; readonly labels: NdArray };
function feedsOf(batch: Batch | FeatureBatch): NamedArrays;
function feedsOf(batch: Batch | FeatureBatch): NamedArrays {
  const { labels: data, size } = batch;
  const labels: NdArray = { dtype: 'uint8', data, shape: size };
  if ('features' in batch) return { ...batch.features, labels };
  return { images: { dtype: 'uint8', data: batch.images, shape: [...size, 3] }, labels };
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
    remedy: 'Lower the learning rate, or set clipNorm. The last checkpoint is unchanged.',
  });
}
