import { expect, test } from 'vitest';
import type { Dataset } from '../../data/index.js';
import { type RunRecord, recordedRequest } from './record.js';
import type { RunRequest } from './request.js';
import { resumedRequest } from './resume.js';

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
