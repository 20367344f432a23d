import type { Variable } from '../engine/graph/index.js';
import type { Builder } from '../model/layers/index.js';
import type { TrainConfig } from './config.js';
import { optimizerOf } from './optimizer.js';
import { noDecayOfVectors, type ParameterGroup } from './optimizers/index.js';
import type { PhaseGraph } from './phase-graph.js';
import { gradientStep, type TrainingStep, trainingStep, updateStep } from './step/index.js';

/** The graphs of one step: one that does everything or, with accumulation, one for each batch and one for the update. */
export interface StepGraphs {
  readonly batch: TrainingStep;
  readonly update?: TrainingStep;
}

/** A phase's forward pass with its backward pass and the update that the configuration asks for. */
export function stepGraphs(
  { loss, metrics, builder, recompute, network }: PhaseGraph,
  training: TrainConfig,
): StepGraphs {
  const { parameters, bufferUpdates } = builder;
  const forward = { loss, metrics, parameters, bufferUpdates, recompute };
  const rule = {
    optimizer: optimizerOf(training.optimizer, network),
    weightDecay: training.weightDecay,
    groups: groupsOf(training),
    ...(training.ema === undefined ? {} : { average: { of: variablesOf(builder), ...training.ema } }),
    ...(training.clipNorm > 0 ? { clipNorm: training.clipNorm } : {}),
  };
  const batches = training.accumulate;
  if (batches === 1) return { batch: trainingStep({ ...forward, ...rule }) };
  return {
    batch: gradientStep(forward),
    update: updateStep(parameters, { ...rule, batches }, bufferUpdates.keys()),
  };
}

function variablesOf({ declared }: Builder): Variable[] {
  return [...declared.values()].map(({ variable }) => variable);
}

function groupsOf({ decayVectors, headRate }: TrainConfig): ParameterGroup[] {
  return [
    ...(decayVectors ? [] : [noDecayOfVectors]),
    ...(headRate === 1 ? [] : [{ match: /(^|\.)(head|attention)\./, learningRate: headRate }]),
  ];
}
