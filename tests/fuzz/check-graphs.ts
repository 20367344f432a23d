import * as ort from 'onnxruntime-node';
import type { Tensor, Value } from '../../src/engine/graph/index.js';
import { compile } from '../../src/engine/onnx/lower.js';
import { namedValues } from '../golden/named-values.js';
import { ortTensor } from '../support/ort-tensor.js';
import { drawLeaf, type Leaf, sidesOf } from './draft.js';
import { evaluate, largest, type Values } from './evaluate.js';
import { shapeInRun, withFreeSides } from './free-sides.js';
import type { RandomGraph } from './random-graph.js';

/** What is wrong with a graph, in words; `ill-conditioned` where float32 cannot say. */
export type Verdict = 'agrees' | 'ill-conditioned' | { readonly disagreement: string };

/** Relative to a tensor's largest magnitude; plus what rounding every value to float32 does to this graph. */
const ONNX_TOLERANCE = 1e-4;
/** Where all cancels, relative to the largest number on the way: a few units in float32's last place. */
const CANCELLATION_TOLERANCE = 1e-6;
const ROUNDING_FACTOR = 30;
/** A graph whose results move by more than this when its values are rounded is not compared. */
const ILL_CONDITIONED = 1e-2;
const CENTRAL_DIFFERENCE_TOLERANCE = 1e-5;

/**
 * Holds graphs to the interpreter's promises: central differences confirm the gradients in float64, ONNX Runtime the
 * shapes, the values and the gradients, integers exactly; and once more the values with the images' sides left free.
 * All graphs run as one ONNX file of each kind.
 *
 * @param draw selects the inputs' values
 */
export async function checkGraphs(graphs: readonly RandomGraph[], draw: number): Promise<Verdict[]> {
  const exact = graphs.map((graph) => evaluated(graph, draw, false));
  const free = graphs.map(withFreeSides);
  const fixed = graphs.map(({ outputs }) => outputs);
  const leaves = graphs.flatMap((graph) => graph.leaves);
  const actual = await runTogether(fixed, leaves, draw);
  const actualFree = await runTogether(
    free.filter((outputs) => outputs !== undefined),
    leaves,
    draw,
  );
  return graphs.map((graph, i) => {
    const wrong = wrongGradient(graph, exact[i]!) ?? wrongFreeShape(graph, free[i] ?? {});
    if (wrong !== undefined) return { disagreement: wrong };
    const rounded = evaluated(graph, draw, true);
    const verdict = compare(Object.entries(graph.outputs), exact[i]!, rounded, actual);
    if (verdict !== 'agrees' || free[i] === undefined) return verdict;
    const forward = Object.entries(graph.outputs).filter(([name]) => name in free[i]!);
    const again = compare(forward, exact[i]!, rounded, actualFree);
    return typeof again === 'object' ? { disagreement: `with free sides, ${again.disagreement}` } : again;
  });
}

function evaluated(graph: RandomGraph, draw: number, rounded: boolean): Values {
  const values: Values = new Map(graph.leaves.map((leaf) => [leaf.tensor, drawLeaf(leaf, draw)]));
  evaluate(Object.values(graph.outputs), values, rounded);
  return values;
}

async function runTogether(
  graphs: readonly Readonly<Record<string, Tensor>>[],
  leaves: readonly Leaf[],
  draw: number,
): Promise<Record<string, ort.Tensor>> {
  const outputs = Object.assign({}, ...graphs) as Record<string, Tensor>;
  if (Object.keys(outputs).length === 0) return {};
  const session = await ort.InferenceSession.create(compile({ outputs }), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  try {
    const used = new Set(session.inputNames);
    return await session.run(
      Object.fromEntries(
        leaves
          .filter(({ tensor }) => used.has(tensor.attributes.name))
          .map((leaf) => [leaf.tensor.attributes.name, ortTensor(leaf.tensor.dtype, drawLeaf(leaf, draw))]),
      ),
    );
  } finally {
    await session.release();
  }
}

/** The gradients along one random direction through all inputs at once, against central differences. */
function wrongGradient({ leaves, loss, gradients }: RandomGraph, values: Values): string | undefined {
  if (loss === undefined) return undefined;
  const floats = leaves.filter(({ tensor }) => tensor.dtype === 'float32');
  const directions = floats.map(({ tensor }) =>
    namedValues(`direction of ${tensor.attributes.name}`, sidesOf(tensor)),
  );
  evaluate([...gradients.values()], values);
  let analytic = 0;
  floats.forEach(({ tensor }, k) => {
    const gradient = gradients.get(tensor);
    if (gradient === undefined) return;
    values.get(gradient)!.data.forEach((g, i) => {
      analytic += g * directions[k]![i]!;
    });
  });
  const lossAt = (offset: number): number => {
    const moved: Values = new Map([...values].filter(([tensor]) => isConstantToGradients(tensor)));
    floats.forEach(({ tensor }, k) => {
      const { shape, data } = values.get(tensor)!;
      moved.set(tensor, { shape, data: data.map((x, i) => x + offset * directions[k]![i]!) });
    });
    evaluate([loss], moved);
    return moved.get(loss)!.data[0]!;
  };
  // A kink between the two points spoils the larger steps, rounding the smaller ones.
  let found = '';
  for (const step of [1e-5, 1e-6, 1e-7, 1e-8]) {
    const numeric = (lossAt(step) - lossAt(-step)) / (2 * step);
    const scale = Math.max(1, Math.abs(numeric), Math.abs(analytic));
    const tolerance = Math.max(CENTRAL_DIFFERENCE_TOLERANCE, 1e-13 / step);
    if (Math.abs(numeric - analytic) / scale <= tolerance) return undefined;
    found += ` ${numeric} with step ${step}`;
  }
  return `the gradient is ${analytic} along a direction, central differences say${found}`;
}

/** What the definition of a gradient holds still: inputs of whole numbers, and what no gradient passes through. */
function isConstantToGradients({ operator, dtype }: Tensor): boolean {
  return operator.gradient === 'none' || dtype !== 'float32';
}

/** The shape rules with free sides against those with numbers. */
function wrongFreeShape(
  { outputs }: RandomGraph,
  free: Readonly<Record<string, Tensor>>,
): string | undefined {
  for (const [name, tensor] of Object.entries(free)) {
    const [expected, found] = [String(outputs[name]!.shape), String(shapeInRun(tensor))];
    if (found !== expected) return `${name} has shape [${found}] with free sides, [${expected}] with numbers`;
  }
  return undefined;
}

function compare(
  outputs: readonly (readonly [name: string, tensor: Tensor])[],
  exact: Values,
  rounded: Values,
  actual: Record<string, ort.Tensor>,
): Verdict {
  let isIllConditioned = false;
  const cancelled =
    CANCELLATION_TOLERANCE * Math.max(...[...exact.values()].map(({ data }) => largest(data)));
  for (const [name, tensor] of outputs) {
    const expected = exact.get(tensor)!;
    const found = actual[name]!;
    if (found.type !== tensor.dtype) return { disagreement: `${name} is ${found.type}, not ${tensor.dtype}` };
    if (String(found.dims) !== String(expected.shape)) {
      return { disagreement: `${name} has shape [${found.dims}] for [${expected.shape}]` };
    }
    const tolerance = toleranceFor(tensor, expected, rounded.get(tensor)!, cancelled);
    if (tolerance === undefined) isIllConditioned = true;
    else {
      const wrong = firstBeyond(found.data as ArrayLike<number | bigint>, expected.data, tolerance);
      if (wrong !== undefined) return { disagreement: `${name} (${tensor.operator.name}): ${wrong}` };
    }
  }
  return isIllConditioned ? 'ill-conditioned' : 'agrees';
}

/** The absolute difference that float32 may make, 0 for whole numbers; undefined where it may make any. */
function toleranceFor(
  tensor: Tensor,
  expected: Value,
  rounded: Value,
  cancelled: number,
): number | undefined {
  const moved = largest(expected.data.map((x, i) => x - rounded.data[i]!));
  if (tensor.dtype !== 'float32') return moved === 0 ? 0 : undefined;
  const scale = largest(expected.data);
  if (moved > Math.max(ILL_CONDITIONED * scale, cancelled)) return undefined;
  return ONNX_TOLERANCE * scale + ROUNDING_FACTOR * moved + cancelled;
}

function firstBeyond(
  actual: ArrayLike<number | bigint>,
  expected: Float64Array,
  tolerance: number,
): string | undefined {
  const at = expected.findIndex((x, i) => !(Math.abs(Number(actual[i]) - x) <= tolerance));
  return at < 0 ? undefined : `${actual[at]} for ${expected[at]} at ${at}, beyond ${tolerance}`;
}
