import { generator } from '../base/random/index.js';
import type { PhaseConfig, PhaseKind, TrainConfig } from './config.js';
import { type Extent, learningRate } from './optimizers/index.js';

/** Where a phase lies among all steps of a run. */
export interface PlannedPhase {
  readonly phase: PhaseConfig;
  /** Its number, from 0. */
  readonly index: number;
  /** Its first step, and the one after its last, counted over the whole run. */
  readonly from: number;
  readonly to: number;
}

/** What one step does: a pure function of configuration and step number, so that a resumed run goes on exactly. */
export interface PlannedStep {
  readonly learningRate: number;
  /** The scale that is trained in the phase `scales`; 1 in the others, which train all at once. */
  readonly scale: number;
  /** Epoch over the whole run, from 0. */
  readonly epoch: number;
  readonly isLastOfEpoch: boolean;
}

/** Lays the phases out one after the other. */
export function planPhases({ phases }: TrainConfig, stepsPerEpoch: number): PlannedPhase[] {
  let from = 0;
  return phases.map((phase, index) => {
    const planned = { phase, index, from, to: from + phase.epochs * stepsPerEpoch };
    from = planned.to;
    return planned;
  });
}

export function planStep(
  { seed, model }: TrainConfig,
  { phase, from }: PlannedPhase,
  step: number,
  stepsPerEpoch: number,
): PlannedStep {
  const extent: Extent = { stepsPerEpoch, epochs: phase.epochs };
  return {
    learningRate: learningRate(phase.schedule, step - from, extent),
    scale: phase.kind === 'scales' ? generator(seed, 'scale', step).pick(model.scales) : 1,
    epoch: Math.floor(step / stepsPerEpoch),
    isLastOfEpoch: (step + 1) % stepsPerEpoch === 0,
  };
}

/** The scale of each step of a phase before the given one. */
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
 * Work of a step of a phase, in forward passes of trunk and head at scale 1: to compare phases of one run. A pass grows
 * with the square of the scale, and the backward pass counts as two forward ones: one product for the gradients of the
 * features, one for those of the weights. `scales` sees one scale at a time, here their mean; `attention` has nothing to
 * carry back through trunk and head; recomputation is one more pass. The attention heads, small beside the rest, are
 * left out.
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
