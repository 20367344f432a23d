import { expect, test } from 'vitest';
import type { TrainConfig } from '../config.js';
import { changesSince, type RunRecord } from './record.js';

const here = { versions: {}, processor: { model: 'x', cores: 1 } };

test('a run goes on with other validation data, and says so; not with other training data', () => {
  const config = { phases: [{}] } as unknown as TrainConfig;
  const fingerprints = { train: '1', validation: '2' };
  const before = { data: 'x', config, fingerprints } as unknown as RunRecord;
  const told = /^the validation data have changed: the scores cannot be compared with earlier ones/;
  expect(changesSince(before, { train: '1', validation: '3' }, here)).toContainEqual(
    expect.stringMatching(told),
  );
  expect(changesSince(before, { train: '1' }, here)).toContainEqual(expect.stringMatching(told));
  expect(() => changesSince(before, { train: '2', validation: '2' }, here)).toThrow(/the training data of x/);
  expect(() => changesSince(before, { train: '2' }, here, 'x and y')).toThrow(
    /the training data of x and y as/,
  );
});

test('a run of version 0.1 goes on: its fingerprints cannot be compared, and a line says so', () => {
  const [hash, other] = ['a'.repeat(64), `sha256:${'b'.repeat(64)}`];
  const before = {
    data: 'x',
    config: { phases: [{}] },
    fingerprints: { train: hash, validation: hash },
  } as unknown as RunRecord;
  const lines = changesSince(before, { train: other, validation: other }, here);
  expect(lines.filter((line) => line.includes('data'))).toEqual([
    'an earlier version began the run: nothing shows whether its data have changed',
  ]);
  expect(() => changesSince(before, { train: 'synthetic', validation: other }, here)).toThrow(
    /the training data/,
  );
  const now = { ...before, fingerprints: { train: `sha256:${hash}` } } as RunRecord;
  expect(() => changesSince(now, { train: other }, here)).toThrow(/the training data of x/);
});
