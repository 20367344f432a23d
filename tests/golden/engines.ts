import * as ort from 'onnxruntime-node';
import {
  type Input,
  isInput,
  isVariable,
  reachable,
  type Tensor,
  type Value,
} from '../../src/engine/graph/index.js';
import { interpret } from '../../src/engine/interpret.js';
import { compile } from '../../src/engine/onnx/lower.js';
import { ortTensor } from '../support/ort-tensor.js';

/** Outputs of one graph as a function of the values of its inputs and variables, by name. */
export type Engine = (outputs: Readonly<Record<string, Tensor>>) => Promise<Program>;
type Program = (values: ReadonlyMap<string, Value>) => Promise<ReadonlyMap<string, Value>>;

export const float64Interpreter: Engine = async (outputs) => {
  const leaves = leavesOf(outputs);
  return async (values) => {
    const given = new Map<Tensor, Value>(leaves.map((leaf) => [leaf, values.get(leaf.attributes.name)!]));
    const results = interpret(Object.values(outputs), given);
    return new Map(Object.keys(outputs).map((name, i) => [name, results[i]!]));
  };
};

export const onnxRuntime: Engine = async (outputs) => {
  const leaves = leavesOf(outputs);
  const session = await ort.InferenceSession.create(compile({ outputs }), {
    logSeverityLevel: 3,
    // Its own rewriting takes seconds a graph; tests/golden/forward.test.ts and tests/runtime compare what it makes.
    graphOptimizationLevel: 'basic',
  });
  return async (values) => {
    const feeds = leaves.map(({ attributes: { name }, dtype }) => [
      name,
      ortTensor(dtype, values.get(name)!),
    ]);
    const results = await session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
    return new Map(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { shape: dims, data: Float64Array.from(data as Float32Array) },
      ]),
    );
  };
};

function leavesOf(outputs: Readonly<Record<string, Tensor>>): Input[] {
  return reachable(Object.values(outputs)).filter(
    (tensor): tensor is Input => isInput(tensor) || isVariable(tensor),
  );
}
