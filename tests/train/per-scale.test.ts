import { expect, test } from 'vitest';
import { checkCheckpoint, decodeCheckpoint, encodeCheckpoint } from '../../dist/training/index.js';
import { phase, smallConfig } from './tiny.js';
import { STEPS, trained } from './trained.js';

const config = smallConfig({
  model: { weights: 'perScale' },
  phases: [phase('scales', 4, 0.01)],
  optimizer: { name: 'adam' },
});
const data = (values: ReadonlyMap<string, { readonly data: unknown }>, name: string) =>
  values.get(name)!.data as Float32Array;

test('each network has Adam’s own first step: the learning rate, as in PyTorch, however late it comes', async () => {
  const { checkpoints, events } = await trained(config);
  const late: number[] = [];
  for (const scale of [1, 0.5]) {
    const first = events.find((event) => event.scale === scale)!.step;
    const after = checkpoints.find(({ step }) => step > first)!;
    const before = checkpoints[0]!;
    // An epoch has two steps: what the network has learned in the first epoch that it was drawn in.
    const updates = events.filter((event) => event.scale === scale && event.step < after.step).length;
    if (updates !== 1) continue;
    const name = `scale${scale}.head.classifier.bias`;
    const moved = data(after.values, name).map((value, i) => Math.abs(value - data(before.values, name)[i]!));
    for (const distance of moved) expect(distance).toBeCloseTo(0.01, 5);
    late.push(first);
  }
  // At least one that came after a step of the other network.
  expect(Math.max(...late)).toBeGreaterThan(0);
  const last = checkpoints.at(-1)!;
  for (const scale of [1, 0.5]) {
    const own = events.filter((event) => event.scale === scale).length;
    expect(own).toBeGreaterThan(0);
    expect(data(last.values, `optimizer.meanWeight.scale${scale}`)[0]).toBeCloseTo(1 - 0.9 ** own, 5);
    expect(data(last.values, `optimizer.squareWeight.scale${scale}`)[0]).toBeCloseTo(1 - 0.999 ** own, 7);
  }
  expect(last.values.has('optimizer.meanWeight')).toBe(false);
});

test('it goes on to the same bits, from a checkpoint of version 0.1 with one count for all too', async () => {
  const { model, checkpoints } = await trained(config);
  const middle = checkpoints[2]!;
  const last = encodeCheckpoint(checkpoints.at(-1)!);
  const saved = decodeCheckpoint(encodeCheckpoint(middle), 'x');
  const again = await trained(config, false, checkCheckpoint(model, config, STEPS, saved, 'x'));
  expect(Buffer.compare(encodeCheckpoint(again.checkpoints.at(-1)!), last)).toBe(0);

  const old = new Map([...middle.values].filter(([name]) => !/^optimizer\.(mean|square)Weight\./.test(name)));
  for (const name of ['optimizer.meanWeight', 'optimizer.squareWeight'])
    old.set(name, { dtype: 'float32', shape: [], data: Float32Array.of(0.5) });
  const upgraded = checkCheckpoint(model, config, STEPS, { step: middle.step, values: old }, 'x');
  expect(Buffer.compare(encodeCheckpoint(upgraded), encodeCheckpoint(middle))).toBe(0);
});
