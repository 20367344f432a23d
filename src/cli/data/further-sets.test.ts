import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFirstSet, parseFurtherSet } from './further-sets.js';

test('a split and a share after the path; a path that has these signs itself is one', async () => {
  expect(await parseFurtherSet('camvid:auto')).toEqual({ data: 'camvid:auto' });
  expect(await parseFurtherSet('camvid:auto@0.5')).toEqual({ data: 'camvid:auto', share: 0.5 });
  expect(await parseFurtherSet('cityscapes:a@b/extra#train_extra@.25')).toEqual({
    data: 'cityscapes:a@b/extra',
    share: 0.25,
    dataOptions: { split: 'train_extra' },
  });
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-sets-'));
  try {
    const odd = `folder:${join(folder, 'c#1@2')}`;
    await mkdir(join(folder, 'c#1@2'));
    expect(await parseFurtherSet(odd)).toEqual({ data: odd });
    expect(await parseFurtherSet(`${odd}#val@0.1`)).toEqual({
      data: odd,
      share: 0.1,
      dataOptions: { split: 'val' },
    });
    await checkFirstSet(odd);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a share that is no probability is refused, and so is one of the first set', async () => {
  await expect(parseFurtherSet('camvid:auto@1')).rejects.toThrow('above 0 and below 1, received 1');
  await expect(parseFurtherSet('camvid:auto@50')).rejects.toThrow('received 50');
  for (const share of ['nan', '-1', '', '0.5@0.5'])
    await expect(parseFurtherSet(`camvid:auto@${share}`)).rejects.toThrow(/one share above 0 and below 1/);
  await expect(checkFirstSet('camvid:a@0.5')).rejects.toThrow('takes what the others leave');
  await checkFirstSet('camvid:a@home');
});
