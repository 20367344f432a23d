import type { NdArray } from '../arrays/index.js';
import type { Batch } from '../data/index.js';
import { HmsaError } from '../errors/index.js';
import type { ModelConfig } from '../models/index.js';
import { foldBatchNorm, lower } from '../onnx/index.js';
import { adam, adamW, noDecayOfVectors, type Optimizer, sgd } from '../optim/index.js';
import { generator } from '../random/index.js';
import type { Session, SessionOptions } from '../runtime/index.js';
import type { OptimizerConfig, PhaseConfig, TrainConfig } from './config.js';
import { phaseGraph } from './phase-graph.js';
import { diagnosis, frozenValues, initialState, type TrainingStep, trainingStep } from './step/index.js';

/** Opens a graph in ONNX Runtime, wherever that runs. */
export type OpenSession = (model: Uint8Array, options: SessionOptions) => Promise<Session>;

/** All that a phase reads and changes, by variable name: weights, buffers, and what the optimiser remembers. */
export type TrainingValues = ReadonlyMap<string, NdArray>;

export interface StepResult {
  readonly loss: number;
  readonly gradientNorm: number;
  /** The scale that the step trained, in the phase `scales`. */
  readonly scale?: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Runs the steps of one phase. Its state lives in a session, or, in the phase `scales`, in one session for each scale
 * that share it; what is frozen is constant in their graphs, with batch norm folded.
 */
export class PhaseRunner {
  readonly #config: ModelConfig;
  readonly #training: TrainConfig;
  readonly #phase: PhaseConfig;
  readonly #values: TrainingValues;
  readonly #openSession: OpenSession;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<number, Session>();
  #changed = new Set<string>();

  constructor(parts: {
    readonly model: ModelConfig;
    readonly training: TrainConfig;
    readonly phase: PhaseConfig;
    readonly values: TrainingValues;
    readonly openSession: OpenSession;
    readonly options: SessionOptions;
  }) {
    this.#config = parts.model;
    this.#training = parts.training;
    this.#phase = parts.phase;
    this.#values = parts.values;
    this.#openSession = parts.openSession;
    this.#options = parts.options;
  }
}

export function optimizerOf(config: OptimizerConfig): Optimizer {
  switch (config.name) {
    case 'sgd':
      return sgd(config);
    case 'adam':
      return adam(config);
    case 'adamW':
      return adamW(config);
  }
}
