import type { NdArray } from '../base/arrays/index.js';
import { HmsaError } from '../base/errors/index.js';
import { input, type Variable } from '../engine/graph/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import type { TrainConfig } from './config.js';
import { optimizerOf } from './optimizer.js';
import { updates } from './optimizers/index.js';
import { withOwnCounts } from './own-counts.js';
import { learns, networkOf } from './phase.js';
import { type PlannedPhase, planPhases, scalesDrawn } from './plan.js';
import type { Position } from './position.js';
import { runVariables } from './run-values.js';
import { gradientSum } from './step/index.js';

/**
 * Whether a run can go on from a position: a step of the plan, every variable of the model and, within a phase, all
 * that the optimiser remembers by then, each in its shape and finite.
 *
 * @param source what errors call the position: its file
 * @returns it, with what checkpoints of earlier versions lack
 * @throws HmsaError that names the file and what is missing or wrong
 */
export function checkPosition(
  model: ModelConfig,
  training: TrainConfig,
  stepsPerEpoch: number,
  position: Position,
  source: string,
): Position {
  const { step } = position;
  const refuse = (expected: string, received: string): never => {
    throw new HmsaError({
      operation: source,
      expected,
      received,
      remedy: 'Bring the file of this run back from a copy, or start a new run.',
    });
  };
  const phases = planPhases(training, stepsPerEpoch);
  const steps = phases.at(-1)!.to;
  if (!Number.isSafeInteger(step) || step < 0 || step > steps)
    refuse(`a step from 0 to ${steps}`, String(step));
  const { values } = withOwnCounts(model, training, stepsPerEpoch, position);
  const declared = [...declareVariables(model).values()].map(({ variable }) => variable);
  // The averages are there from the first step on.
  const lasting = step === 0 ? declared : runVariables(model, training);
  const phase = phases.find(({ from, to }) => from < step && step < to);
  const remembered =
    phase === undefined ? [] : optimizerState(model, training, phase, step, stepsPerEpoch, declared);
  for (const { attributes } of [...lasting, ...remembered]) {
    const { name, shape, least } = attributes;
    const value = values.get(name);
    const what = `${name} as float32 [${shape}]`;
    if (value === undefined) return refuse(what, 'none of that name');
    if (value.dtype !== 'float32' || String(value.shape) !== String(shape))
      refuse(what, `${value.dtype} [${value.shape}]`);
    const wrong = wrongNumber(value, least);
    if (wrong !== undefined) refuse(`numbers that training can have left in ${name}`, String(wrong));
  }
  return { step, values };
}

/** What the optimiser remembers after a step within a phase: that of every network that the phase has trained so far. */
function optimizerState(
  model: ModelConfig,
  training: TrainConfig,
  phase: PlannedPhase,
  step: number,
  stepsPerEpoch: number,
  declared: readonly Variable[],
): Variable[] {
  const { kind } = phase.phase;
  const networks = new Set(
    scalesDrawn(training, phase, step, stepsPerEpoch).map((scale) => networkOf(kind, model, scale)),
  );
  return [...networks].flatMap((network) => {
    const parameters = declared.filter(({ attributes: { name, role } }) => {
      const isCombined = model.scales.length > 1 || !learns('attention', name);
      const isOfNetwork = network === undefined || name.startsWith(`${network}.`);
      return role === 'parameter' && learns(kind, name) && isCombined && isOfNetwork;
    });
    const changed = updates(new Map(parameters.map((parameter) => [parameter, parameter])), {
      optimizer: optimizerOf(training.optimizer, network),
      learningRate: input('learningRate', []),
    }).map(({ variable }) => variable);
    const sums = training.accumulate > 1 ? parameters.map(gradientSum) : [];
    return [...changed.filter(({ attributes }) => attributes.life === 'phase'), ...sums];
  });
}

/** The first number that no training leaves: one that is not finite, or below the least that its variable can hold. */
function wrongNumber({ data }: NdArray, least = Number.NEGATIVE_INFINITY): number | undefined {
  return (data as Float32Array).find((value) => !Number.isFinite(value) || value < least);
}
