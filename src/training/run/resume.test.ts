import { expect, test } from 'vitest';
import type { Dataset } from '../../data/index.js';
import type { TrainConfig } from '../config.js';
import { type RunRecord, recordedRequest } from './record.js';
import type { RunRequest } from './request.js';
import { changesSince, resumedRequest } from './resume.js';

const config = {} as RunRequest['config'];
const object: Dataset = {
  classes: { names: [], colors: [], ignore: 255 },
  length: 0,
  get: () => Promise.reject(),
};
const source = { module: 'file:///set.mjs', export: 'open', options: { count: 2 } };

/** A request as its record gives it back, through JSON. */
const recorded = (request: RunRequest) =>
  JSON.parse(JSON.stringify(recordedRequest(request))) as unknown as RunRecord;

test('a text and a module come back from the record; an object has to be given again', () => {
  expect(resumedRequest(recorded({ config, data: 'camvid:set' }))).toEqual({ config, data: 'camvid:set' });
  const modules = { config, data: source, validationData: source };
  expect(resumedRequest(recorded(modules))).toEqual(modules);

  const objects = { config, data: object, validationData: object };
  expect(recorded(objects)).toEqual({
    config,
    data: { object: 'Object' },
    validationData: { object: 'Object' },
  });
  expect(resumedRequest(recorded(objects), { data: object, validationData: source })).toEqual({
    config,
    data: object,
    validationData: source,
  });
  expect(() => resumedRequest(recorded(objects), { data: object })).toThrow(
    /an object \(Object\) as validationData/,
  );
  expect(() => resumedRequest(recorded({ config, data: object }))).toThrow(/an object \(Object\) as data/);
});

test('data are not given again where the record names them', () => {
  for (const data of ['camvid:set', source])
    expect(() => resumedRequest(recorded({ config, data }), { data: object })).toThrow(/data: expected none/);
});

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
