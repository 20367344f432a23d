import { HmsaError } from '../errors/index.js';
import { type Tensor, type Variable, variable } from '../graph/index.js';
import { add, div, mul, sqrt, square, sub } from '../ops/index.js';
import { kept, plus, productOf, times } from './factors.js';
import type { Optimizer, VariableUpdate } from './optimizer.js';

export interface AdamOptions {
  /** What the mean of the gradients keeps from step to step; 0.9 where left out. */
  readonly beta1?: number;
  /** What the mean of their squares keeps; 0.999 where left out. */
  readonly beta2?: number;
  /** Added to the root of the mean square; 1e-8 where left out. */
  readonly epsilon?: number;
}

/**
 * Adam (Kingma and Ba 2015, arXiv 1412.6980) as PyTorch defines it (`torch.optim.Adam`), weight decay added to
 * the gradient:
 *
 *     g ← ∇L(θ) + λ·θ,  m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²
 *     θ ← θ − η · (m / c₁) / (√(v / c₂) + ε),  cᵢ = 1 − βᵢᵗ at step t
 *
 * State: `optimizer.mean.<parameter>` (m), `optimizer.square.<parameter>` (v), and shared by all
 * `optimizer.meanWeight` (c₁) and `optimizer.squareWeight` (c₂).
 *
 * @throws HmsaError when a β is outside 0 … 1 or ε is negative
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamWith('adam', options, false);
}

/**
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101; `torch.optim.AdamW`): {@link adam} with the weight decay
 * beside the averages instead of inside them, θ ← θ − η·λ·θ.
 *
 * @throws HmsaError when a β is outside 0 … 1 or ε is negative
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamWith('adamW', options, true);
}

function adamWith(name: string, options: AdamOptions, decoupled: boolean): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  for (const beta of [beta1, beta2]) {
    if (!(beta >= 0 && beta < 1)) fail(name, 'each beta from 0 to below 1', beta);
  }
  if (!(epsilon >= 0)) fail(name, 'an epsilon of 0 or more', epsilon);
  return ({ gradient: scale, active }) => {
    const mean = averageWeight('optimizer.meanWeight', beta1, active);
    const squares = averageWeight('optimizer.squareWeight', beta2, active);
    // (m / c₁) / (√(v / c₂) + ε) = (√c₂ / c₁) · m / (√v + ε·√c₂): the corrections stay scalars.
    const root = sqrt(squares.weight);
    const correction = div(root, mean.weight);
    const floor = mul(root, epsilon);
    return {
      shared: [mean.update, squares.update],
      update({ parameter, gradient, learningRate, weightDecay }) {
        const coupled = weightDecay !== 0 && !decoupled;
        const g = coupled ? add(times(gradient, scale), mul(parameter, weightDecay)) : gradient;
        const rest = coupled ? undefined : scale;
        const m = stateOf('mean', parameter);
        const v = stateOf('square', parameter);
        const nextM = add(mul(m, kept(1 - beta1, active)), times(g, 1 - beta1, rest, active));
        const nextV = add(mul(v, kept(1 - beta2, active)), times(square(g), 1 - beta2, rest, rest, active));
        const rate = productOf([learningRate, active, correction])!;
        const descent = mul(div(nextM, add(sqrt(nextV), floor)), rate);
        const decay =
          decoupled && weightDecay !== 0 ? productOf([learningRate, active, weightDecay]) : undefined;
        const start = decay === undefined ? parameter : mul(parameter, sub(1, decay));
        return {
          next: sub(start, descent),
          state: [
            { variable: m, next: nextM },
            { variable: v, next: nextV },
          ],
        };
      },
    };
  };
}

/**
 * 1 − βᵗ as the same running average of ones, c ← c + (1 − β)·(1 − c): in float32 that keeps all of its digits at
 * the first steps, where 1 − 0.999ᵗ loses four of them.
 */
function averageWeight(
  name: string,
  beta: number,
  active: Tensor | undefined,
): { readonly weight: Tensor; readonly update: VariableUpdate } {
  const state = variable(name, [], 'optimizer');
  const missing = mul(sub(1, state), 1 - beta);
  return {
    weight: add(state, missing),
    update: { variable: state, next: plus(state, times(missing, active)) },
  };
}

function stateOf(what: string, { attributes: { name, shape } }: Variable): Variable {
  return variable(`optimizer.${what}.${name}`, shape, 'optimizer');
}

function fail(operation: string, expected: string, received: number): never {
  throw new HmsaError({ operation, expected, received: String(received) });
}
