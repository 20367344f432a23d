import { HmsaError } from '../../base/errors/index.js';
import {
  apply,
  expectProgram,
  isInput,
  isVariable,
  type Program,
  reachable,
  rebuild,
  type Tensor,
  type Variable,
  variable,
} from '../graph/index.js';
import { interpret } from '../interpret.js';
import { isBatchNormInference, isConv2d, isConvTranspose2d } from '../ops/index.js';
import { readersOf } from './readers.js';

/**
 * Folds every batch norm in its inference form into the convolution before it. The new weights are computed in float64:
 * γ(w∗x + b − μ)/√(σ² + ε) + β = (γ/√(σ² + ε) · w)∗x + γ(b − μ)/√(σ² + ε) + β.
 *
 * It does not fold a batch norm whose convolution has other users, or with an operand that is not a variable of constant
 * value.
 *
 * @param options `evaluates`: whether weights that are computed from such variables are folded too. Ranges of activations,
 * which a quantisation records by what they are computed from, are called differently then. Default false
 * @returns a program whose constants also contain the folded weights and biases
 * @throws HmsaError that names a variance that is negative or not a number
 */
export function foldBatchNorm(
  program: Program,
  options: { readonly evaluates?: boolean } = {},
): Required<Program> {
  const { outputs, constants } = expectProgram('foldBatchNorm', program);
  const { evaluates = false } = options;
  const readers = readersOf(Object.values<Tensor>(outputs));
  const folded = new Map(constants);
  const known = (tensor: Tensor | undefined): Float32Array | undefined =>
    tensor === undefined ? undefined : knownValue(tensor, constants, evaluates);
  // A network that runs at several scales shares its folded weights, too: their name contains all that they are made from.
  const declared = new Map<string, Variable>();
  const declare = (name: string, shape: readonly number[], compute: () => Float32Array): Variable => {
    const existing = declared.get(name);
    if (existing !== undefined) return existing;
    const created = variable(name, shape);
    declared.set(name, created);
    folded.set(name, { dtype: 'float32', shape, data: compute() });
    return created;
  };
  const rebuilt = rebuild(outputs, (norm, operands) => {
    if (!isBatchNormInference(norm)) return undefined;
    const convolution = norm.inputs[0]!;
    if (!(isConv2d(convolution) || isConvTranspose2d(convolution)) || readers.get(convolution)!.length !== 1)
      return undefined;
    const [, weight, bias] = convolution.inputs;
    const [gamma, beta, mean, variance] = norm.inputs.slice(1).map(known);
    const [w, b] = [known(weight), known(bias)];
    if (!w || !gamma || !beta || !mean || !variance || (bias !== undefined && !b)) return undefined;
    const { epsilon } = norm.attributes;
    const operandNames = [weight, bias, ...norm.inputs.slice(1)].map(nameOf);
    checkVariances(nameOf(norm.inputs[4])!, variance);
    const scales = Float64Array.from(gamma, (g, o) => g / Math.sqrt(variance[o]! + epsilon));
    const shape = weight!.shape as number[];
    const kind = [convolution.operator.name, isConv2d(convolution) ? 1 : convolution.attributes.groups];
    const name = `${FOLDED}${JSON.stringify([...operandNames, epsilon, ...kind])}`;
    const newWeight = declare(`${name}.weight`, shape, () =>
      isConv2d(convolution)
        ? scaledRuns(w, w.length / shape[0]!, (channel) => scales[channel]!)
        : scaledTransposed(w, shape, convolution.attributes.groups, scales),
    );
    const newBias = declare(`${name}.bias`, [gamma.length], () =>
      Float32Array.from(gamma, (_, o) => ((b?.[o] ?? 0) - mean[o]!) * scales[o]! + beta[o]!),
    );
    // The first operand is the rebuilt convolution; its first input is the rebuilt image.
    return apply(convolution.operator, [operands[0]!.inputs[0]!, newWeight, newBias], convolution.attributes);
  });
  return { outputs: rebuilt, constants: folded };
}

/** What the names of folded weights begin with. */
const FOLDED = 'folded ';

/** The name of the weight that a weight of a simplified program was folded from, or its own name if it was not folded. */
export function unfoldedName(name: string): string {
  if (!name.startsWith(FOLDED)) return name;
  const [weight] = JSON.parse(name.slice(FOLDED.length, name.lastIndexOf('.'))) as [string];
  return weight;
}

/** The value of a variable, or of what is computed from variables alone. */
function knownValue(
  tensor: Tensor,
  constants: Required<Program>['constants'],
  evaluates: boolean,
): Float32Array | undefined {
  const arrayOf = (of: Tensor) => {
    const value = isVariable(of) ? constants.get(of.attributes.name) : undefined;
    return value?.dtype === 'float32' ? value : undefined;
  };
  if (isVariable(tensor) || !evaluates) return arrayOf(tensor)?.data;
  const leaves = reachable([tensor]).filter((each) => isVariable(each) || isInput(each));
  const values = leaves.map((leaf) => [leaf, arrayOf(leaf)] as const);
  if (values.some(([, value]) => value === undefined)) return undefined;
  const given = values.map(
    ([leaf, value]) => [leaf, { shape: value!.shape, data: Float64Array.from(value!.data) }] as const,
  );
  return Float32Array.from(interpret([tensor], new Map(given))[0]!.data);
}

/** The name of a variable; of an expression, the names of all that it is computed from, and how. */
function nameOf(tensor: Tensor | undefined): string | undefined {
  if (tensor === undefined || isVariable(tensor)) return tensor?.attributes.name;
  const operands = tensor.inputs.map(nameOf);
  return JSON.stringify([tensor.operator.name, ...operands, tensor.attributes, tensor.shape]);
}

function checkVariances(name: string, variances: Float32Array): void {
  const bad = variances.find((variance) => !(variance >= 0));
  if (bad === undefined) return;
  throw new HmsaError({
    operation: `foldBatchNorm, ${name}`,
    expected: 'variances of 0 or more',
    received: String(bad),
    remedy: 'Get the weights again; they are damaged.',
  });
}

/** Scales a weight [in, out / groups, kH, kW] by the output channels to which its elements contribute. */
function scaledTransposed(
  weight: Float32Array,
  [first, perGroup, height, width]: readonly number[],
  groups: number,
  scales: Float64Array,
): Float32Array {
  return scaledRuns(weight, height! * width!, (run) => {
    const group = Math.floor(Math.floor(run / perGroup!) / (first! / groups));
    return scales[group * perGroup! + (run % perGroup!)]!;
  });
}

/** Scales each run of `length` values. A network has millions of them, so that a call for each would be slow. */
function scaledRuns(values: Float32Array, length: number, scaleOf: (run: number) => number): Float32Array {
  const scaled = new Float32Array(values.length);
  for (let run = 0, at = 0; at < values.length; run++) {
    const scale = scaleOf(run);
    for (const end = at + length; at < end; at++) scaled[at] = values[at]! * scale;
  }
  return scaled;
}
