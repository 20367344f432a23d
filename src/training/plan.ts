import { generator } from '../base/random/index.js';
import type { PhaseConfig, PhaseKind, TrainConfig } from './config.js';
import { type Extent, learningRate } from './optimizers/index.js';

/** A phase and its place among all steps of a run. */
export interface PlannedPhase extends PhaseConfig {
  /** Its number, from 0. */
  readonly index: number;
  /** Its first step and the one after its last, counted over the whole run. */
  readonly from: number;
  readonly to: number;
}

/**
 * What one step does. It is a pure function of configuration and step number, so that a resumed run continues exactly.
 */
export interface PlannedStep {
  readonly learningRate: number;
  /** The scale that the step trains in the phase `scales`; 1 in the other phases, which train all scales at once. */
  readonly scale: number;
  /** Number of the epoch over the whole run, from 0. */
  readonly epoch: number;
  readonly isLastOfEpoch: boolean;
}

/** A phase that ended before its last epoch. */
export interface EarlyEnd {
  /** Its number, from 0. */
  readonly phase: number;
  /** The epochs that it took. */
  readonly epochs: number;
}

/**
 * Lays out the phases one after the other. A phase that ended early keeps its `epochs`, over which its schedule runs; only
 * its last step comes sooner.
 */
export function planPhases(
  { phases }: Pick<TrainConfig, 'phases'>,
  stepsPerEpoch: number,
  ends: readonly EarlyEnd[] = [],
): PlannedPhase[] {
  let from = 0;
  return phases.map((phase, index) => {
    const epochs = ends.find((end) => end.phase === index)?.epochs ?? phase.epochs;
    const planned = { ...phase, index, from, to: from + epochs * stepsPerEpoch };
    from = planned.to;
    return planned;
  });
}

/** The phase that took the last of so many steps; the first one if there are none. */
export function phaseEndingAt(phases: readonly PlannedPhase[], steps: number): PlannedPhase {
  return phases.find(({ to }) => steps <= to) ?? phases.at(-1)!;
}

/** The early ends with that of a phase which ends after so many steps of the run. */
export function withEnd(
  ends: readonly EarlyEnd[],
  { index, from, to }: PlannedPhase,
  steps: number,
  stepsPerEpoch: number,
): readonly EarlyEnd[] {
  return steps >= to ? ends : [...ends, { phase: index, epochs: (steps - from) / stepsPerEpoch }];
}

export function planStep(
  { seed, model }: TrainConfig,
  { kind, schedule, epochs, from }: PlannedPhase,
  step: number,
  stepsPerEpoch: number,
): PlannedStep {
  const extent: Extent = { stepsPerEpoch, epochs };
  return {
    learningRate: learningRate(schedule, step - from, extent),
    scale: kind === 'scales' ? generator(seed, 'scale', step).pick(model.scales) : 1,
    epoch: Math.floor(step / stepsPerEpoch),
    isLastOfEpoch: (step + 1) % stepsPerEpoch === 0,
  };
}

/** The scale of each step of a phase before the given step. */
export function scalesDrawn(
  training: TrainConfig,
  phase: PlannedPhase,
  step: number,
  stepsPerEpoch: number,
): number[] {
  return Array.from(
    { length: step - phase.from },
    (_, i) => planStep(training, phase, phase.from + i, stepsPerEpoch).scale,
  );
}

/**
 * The work of one step, to compare the phases of one run. One forward pass of trunk and head at scale 1 counts as 1. A
 * pass grows with the square of the scale. The backward pass counts as two forward passes: one product for the
 * gradients of the features and one for those of the weights. A step of the phase `scales` has one scale, here the mean
 * of all. A step of the phase `attention` has no backward pass through trunk and head. Recomputation is one more pass.
 * The attention itself is not counted, because it is small.
 */
export function stepCost(
  kind: PhaseKind,
  {
    model: { scales },
    recompute,
  }: Pick<TrainConfig, 'recompute'> & { readonly model: Pick<TrainConfig['model'], 'scales'> },
): number {
  const all = scales.reduce((sum, scale) => sum + scale ** 2, 0);
  switch (kind) {
    case 'scales':
      return (3 * all) / scales.length;
    case 'attention':
      return all;
    case 'refinement':
    case 'joint':
      return (recompute === 'scales' && scales.length > 1 ? 4 : 3) * all;
  }
}
