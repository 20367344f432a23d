import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { VOID } from '../../data/index.js';
import { decodeLabels } from '../images/index.js';
import { writeCityscapesSubmission } from './index.js';

test('train ids become label ids under the official name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-submission-'));
  const id = 'leftImg8bit/val/lindau/lindau_000001_000019_leftImg8bit';
  const data = Uint8Array.of(0, 2, 18, VOID);
  const path = await writeCityscapesSubmission(folder, id, { data, width: 2, height: 2 });
  expect(basename(path)).toBe('lindau_000001_000019_labelIds.png');
  expect(await decodeLabels(path)).toMatchObject({ kind: 'index', data: Uint8Array.of(7, 11, 33, 0) });
  await rm(folder, { recursive: true });
});

test('a frame of another data set is refused', async () => {
  const prediction = { data: new Uint8Array(1), width: 1, height: 1 };
  await expect(writeCityscapesSubmission('x', 'val/0016E5_07959', prediction)).rejects.toThrow(
    'expected a frame named CITY_000000_000000, received val/0016E5_07959',
  );
});
