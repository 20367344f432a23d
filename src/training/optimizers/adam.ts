import { checkArgument, HmsaError, isObject } from '../../base/errors/index.js';
import { type Tensor, type Variable, type VariableOptions, variable } from '../../engine/graph/index.js';
import { add, div, mul, sqrt, square, sub } from '../../engine/ops/index.js';
import { type Optimizer, optimizerState, times } from './optimizer.js';

/** The betas of Adam where none are given, as in PyTorch. */
export const adamBetas = { beta1: 0.9, beta2: 0.999 } as const;

export interface AdamOptions {
  /** Share of the mean gradient that each step keeps; default 0.9. */
  readonly beta1?: number;
  /** Share of the mean squared gradient that each step keeps; default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean square; default 1e-8. */
  readonly epsilon?: number;
  /**
   * A suffix for the names of the step counts. Graphs that share a state and update different parameters in turn need a
   * count each. Otherwise one would correct its bias for steps that it has not taken. Default: one count for all.
   */
  readonly count?: string;
}

/**
 * Adam (Kingma and Ba 2015, arXiv 1412.6980) as in PyTorch's `torch.optim.Adam`, with weight decay added to the
 * gradient:
 *
 *     g ← ∇L(θ) + λ·θ,  m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²
 *     θ ← θ − η · (m / c₁) / (√(v / c₂) + ε),  cᵢ = 1 − βᵢᵗ at step t
 *
 * State: `optimizer.mean.<parameter>` (m), `optimizer.square.<parameter>` (v), and, shared by all parameters,
 * `optimizer.meanWeight` (c₁) and `optimizer.squareWeight` (c₂), which replace the step count. {@link
 * AdamOptions.count} is appended to the last two names.
 *
 * @throws HmsaError when a β is outside 0 … 1 or ε is negative
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamWith('adam', options, false);
}

/**
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101; `torch.optim.AdamW`): {@link adam} with weight decay applied to
 * the weights directly instead of through the gradient, θ ← θ − η·λ·θ.
 *
 * @throws HmsaError when a β is outside 0 … 1 or ε is negative
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamWith('adamW', options, true);
}

function adamWith(name: string, options: AdamOptions, decoupled: boolean): Optimizer {
  checkArgument(isObject(options), name, 'an object of options', options);
  const { beta1 = adamBetas.beta1, beta2 = adamBetas.beta2, epsilon = 1e-8, count } = options;
  for (const beta of [beta1, beta2]) {
    if (!(typeof beta === 'number' && beta >= 0 && beta < 1)) fail(name, 'each beta from 0 to below 1', beta);
  }
  if (!(typeof epsilon === 'number' && epsilon >= 0)) fail(name, 'an epsilon of 0 or more', epsilon);
  return (gradientFactor) => {
    const [meanWeight, squareWeight] = [
      averageOfOnes(shared('meanWeight', count), beta1),
      averageOfOnes(shared('squareWeight', count), beta2),
    ];
    // (m / c₁) / (√(v / c₂) + ε) = (√c₂ / c₁) · m / (√v + ε·√c₂), so that the corrections stay scalars.
    const root = sqrt(squareWeight.next);
    const correction = div(root, meanWeight.next);
    const floor = mul(root, epsilon);
    return {
      shared: [meanWeight, squareWeight],
      update({ parameter, gradient, learningRate, weightDecay }) {
        const coupled = weightDecay !== 0 && !decoupled;
        const g = coupled ? add(times(gradient, gradientFactor), mul(parameter, weightDecay)) : gradient;
        const factor = coupled ? undefined : gradientFactor;
        const [m, v] = [stateOf('mean', parameter), stateOf('square', parameter, { least: 0 })];
        const nextM = add(mul(m, beta1), times(g, 1 - beta1, factor));
        const nextV = add(mul(v, beta2), times(square(g), 1 - beta2, factor, factor));
        const direction = div(nextM, add(sqrt(nextV), floor));
        const decayed =
          weightDecay !== 0 && decoupled ? mul(parameter, sub(1, mul(learningRate, weightDecay))) : parameter;
        return {
          next: sub(decayed, mul(direction, mul(learningRate, correction))),
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
 * c = 1 − βᵗ as a running average of ones, c ← c + (1 − β)·(1 − c). This keeps all digits of float32 in the first
 * steps, in which computing 1 − 0.999ᵗ directly loses four of them.
 */
function averageOfOnes(name: string, beta: number): { readonly variable: Variable; readonly next: Tensor } {
  const state = variable(name, [], optimizerState);
  return { variable: state, next: add(state, mul(sub(1, state), 1 - beta)) };
}

function shared(what: string, count: string | undefined): string {
  return count === undefined ? `optimizer.${what}` : `optimizer.${what}.${count}`;
}

function stateOf(
  what: string,
  { attributes: { name, shape } }: Variable,
  options: VariableOptions = {},
): Variable {
  return variable(`optimizer.${what}.${name}`, shape, { ...optimizerState, ...options });
}

function fail(operation: string, expected: string, received: number): never {
  throw new HmsaError({ operation, expected, received: String(received) });
}
