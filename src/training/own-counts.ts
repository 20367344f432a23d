import { float32, type NdArray } from '../base/arrays/index.js';
import type { ModelConfig } from '../model/index.js';
import type { TrainConfig } from './config.js';
import { networkOf } from './phase.js';
import { planPhases, scalesDrawn } from './plan.js';
import type { Position } from './position.js';

/** The averages of ones that stand for Adam's count of steps, and the β that each is made with. */
const counts = { meanWeight: 'beta1', squareWeight: 'beta2' } as const;
const betas = { beta1: 0.9, beta2: 0.999 };

/**
 * Checkpoints of format 1 have one count of Adam's steps for the networks of all scales, which counts steps that a
 * network was not trained in. The counts of each follow from the plan, so that such a run goes on with the right ones;
 * the moments stay as they were. Other positions are returned as they are.
 */
export function withOwnCounts(
  model: ModelConfig,
  training: TrainConfig,
  stepsPerEpoch: number,
  position: Position,
): Position {
  const { step } = position;
  const { optimizer } = training;
  const phase = planPhases(training, stepsPerEpoch).find(({ from, to }) => from < step && step < to);
  if (phase === undefined || optimizer.name === 'sgd') return position;
  const drawn = scalesDrawn(training, phase, step, stepsPerEpoch);
  const networks = drawn.map((scale) => networkOf(phase.phase.kind, model, scale));
  const values = new Map<string, NdArray>(position.values);
  for (const [what, beta] of Object.entries(counts)) {
    const shared = `optimizer.${what}`;
    if (!values.has(shared) || networks[0] === undefined) return position;
    values.delete(shared);
    for (const network of new Set(networks)) {
      const steps = networks.filter((one) => one === network).length;
      values.set(`${shared}.${network}`, averageOfOnes(optimizer[beta] ?? betas[beta], steps));
    }
  }
  return { step, values };
}

/** c ← c + (1 − β)·(1 − c), step by step in float32 as the graph does it. */
function averageOfOnes(beta: number, steps: number): NdArray {
  let average = 0;
  for (let i = 0; i < steps; i++) {
    average = Math.fround(average + Math.fround(Math.fround(1 - average) * Math.fround(1 - beta)));
  }
  return float32(Float32Array.of(average), []);
}
