import { describe, expect, test, vi } from 'vitest';
import { gradients } from '../../src/engine/autodiff.js';
import type { Tensor, Value, Variable } from '../../src/engine/graph/index.js';
import { adam, type Optimizer, sgd } from '../../src/training/optimizers/index.js';
import { trainingStep } from '../../src/training/step/index.js';
import { type Engine, float64Interpreter, onnxRuntime } from './engines.js';
import { readFixture } from './fixture.js';
import { batchOf, type NetworkFixture, referenceNetwork, startingValue } from './reference-network.js';
import { distanceToSketch, type Sketch } from './sketch.js';

// The interpreter takes seconds a step, and more where the machine is busy.
vi.setConfig({ testTimeout: 240_000 });

const fixture = readFixture<NetworkFixture>('network.json');
/**
 * Each with its tolerance, relative to a tensor's norm, and an absolute floor for gradients that cancel, as a share of
 * the largest gradient's norm: a shift in front of a batch norm has none but rounding errors.
 */
const engines: readonly (readonly [name: string, engine: Engine, tolerance: number, floor: number])[] = [
  ['the float64 interpreter', float64Interpreter, 1e-8, 1e-12],
  ['ONNX Runtime in float32', onnxRuntime, 1e-3, 1e-6],
];

describe.each(engines)(
  'a two-scale network with attention: %s against PyTorch in float64',
  (_, ...engine) => {
    const [run, tolerance, floor] = engine;

    test('the loss and every gradient', async () => {
      const { loss, builder } = referenceNetwork(fixture);
      expect(builder.parameters.map(({ attributes }) => attributes.name).sort()).toEqual(
        Object.keys(fixture.gradients).sort(),
      );
      const outputs: Record<string, Tensor> = { loss };
      for (const [parameter, gradient] of gradients(loss, builder.parameters)) {
        outputs[gradientName((parameter as Variable).attributes.name)] = gradient;
      }
      const values = new Map([
        ...[...builder.declared.values()].map(
          ({ variable }) => [variable.attributes.name, startingValue(variable)] as const,
        ),
        ...Object.entries(batchOf(fixture, 0)),
      ]);
      const results = await (await run(outputs))(values);
      expectRelative(results.get('loss')!.data[0]!, fixture.sgd.losses[0]!, tolerance);
      const largest = Math.max(...Object.values(fixture.gradients).map(({ norm }) => norm));
      expectSketches(results, fixture.gradients, tolerance, floor * largest, gradientName);
    });

    test('five steps of SGD with momentum and weight decay: parameters and batch norm buffers', async () => {
      const { learningRate, momentum, weightDecay, losses, parameters, buffers } = fixture.sgd;
      const trained = await train(run, sgd({ momentum }), learningRate, weightDecay, losses.length);
      trained.losses.forEach((loss, i) => {
        expectRelative(loss, losses[i]!, tolerance);
      });
      expectSketches(trained.values, parameters, tolerance, 0);
      expectSketches(trained.values, buffers, tolerance, 0);
    });

    test('three steps of Adam: the losses', async () => {
      const { learningRate, losses } = fixture.adam;
      const trained = await train(run, adam(), learningRate, 0, losses.length);
      trained.losses.forEach((loss, i) => {
        expectRelative(loss, losses[i]!, tolerance);
      });
    });
  },
);

function gradientName(parameter: string): string {
  return `gradient of ${parameter}`;
}

async function train(
  run: Engine,
  optimizer: Optimizer,
  learningRate: number,
  weightDecay: number,
  steps: number,
) {
  const { loss, builder } = referenceNetwork(fixture);
  const { parameters, bufferUpdates } = builder;
  const step = trainingStep({ loss, parameters, bufferUpdates, optimizer, weightDecay });
  const program = await run(step.outputs);
  const values = new Map<string, Value>(
    step.variables.map((variable) => [variable.attributes.name, startingValue(variable)]),
  );
  values.set('learningRate', { shape: [], data: Float64Array.of(learningRate) });
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const results = await program(new Map([...values, ...Object.entries(batchOf(fixture, i))]));
    losses.push(results.get('loss')!.data[0]!);
    for (const [name, output] of Object.entries(step.state)) values.set(name, results.get(output)!);
  }
  return { losses, values };
}

function expectRelative(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected) / Math.abs(expected), `${actual} for ${expected}`).toBeLessThanOrEqual(
    tolerance,
  );
}

/** ‖a − b‖ ≤ tolerance·‖b‖, or the floor, for every tensor. */
function expectSketches(
  values: ReadonlyMap<string, Value>,
  sketches: Readonly<Record<string, Sketch>>,
  tolerance: number,
  floor: number,
  valueName = (name: string) => name,
): void {
  for (const [name, sketch] of Object.entries(sketches)) {
    const distance = distanceToSketch(name, values.get(valueName(name))!.data, sketch, fixture.directions);
    expect(distance, `${name}, of norm ${sketch.norm}`).toBeLessThanOrEqual(
      Math.max(tolerance * sketch.norm, floor),
    );
  }
}
