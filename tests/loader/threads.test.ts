import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type LoadedBatch,
  type LoaderOptions,
  openDataset,
  openLoader,
  writeSyntheticDataset,
} from '../../dist/node/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-loader-'));
  await writeSyntheticDataset(join(folder, 'city'), {
    count: 5,
    width: 96,
    height: 48,
    seed: 1,
    splits: ['train'],
  });
});
afterAll(() => rm(folder, { recursive: true }));

const options: LoaderOptions = {
  batchSize: 2,
  seed: 7,
  augment: { crop: { width: 32, height: 32 }, scale: [0.5, 2], flip: 0.5, noise: 5, hue: 0.1 },
};

async function load(spec: string, change: Partial<LoaderOptions>, from = 0): Promise<LoadedBatch[]> {
  const loader = await openLoader(await openDataset(spec, { split: 'train' }), { ...options, ...change });
  const batches: LoadedBatch[] = [];
  for await (const batch of loader.stream({ from, to: 4 })) batches.push(batch);
  await loader.close();
  return batches;
}

describe.each(['synthetic', 'cityscapes'])('%s', (kind) => {
  const spec = () =>
    kind === 'synthetic' ? 'synthetic:count=3,size=64x32,seed=1' : `cityscapes:${join(folder, 'city')}`;

  test.each(['shuffled', 'class-uniform'] as const)(
    '%s: the same bytes for any number of workers and from any batch',
    async (sampling) => {
      const alone = await load(spec(), { sampling, workers: 0 });
      expect(alone).toHaveLength(4);
      expect(await load(spec(), { sampling, workers: 1 })).toEqual(alone);
      expect(await load(spec(), { sampling, workers: 3, prefetch: 4 }, 1)).toEqual(alone.slice(1));
    },
  );
});

test('a file that is cut short fails by name, or is skipped and listed', async () => {
  const images = join(folder, 'bad', 'images');
  const masks = join(folder, 'bad', 'masks');
  await Promise.all([mkdir(images, { recursive: true }), mkdir(masks, { recursive: true })]);
  const { encodePng } = await import('../../dist/node/index.js');
  const picture = { data: new Uint8Array(16 * 16 * 3).fill(90), width: 16, height: 16 };
  const mask = { data: new Uint8Array(256).map((_, at) => at % 2), width: 16, height: 16 };
  for (const name of ['a', 'b', 'c']) {
    const bytes = await encodePng(picture);
    await writeFile(join(images, `${name}.png`), name === 'b' ? bytes.subarray(0, bytes.length / 2) : bytes);
    await writeFile(join(masks, `${name}.png`), await encodePng(mask));
  }
  const dataset = await openDataset(`folder:${join(folder, 'bad')}`);
  const change = { batchSize: 1, seed: 1, workers: 2, sampling: 'sequential' } as const;
  const strict = await openLoader(dataset, change);
  const ids: string[] = [];
  const all = (async () => {
    for await (const batch of strict.epoch(0)) ids.push(...batch.ids);
  })();
  await expect(all).rejects.toThrow(/b\.png/);
  expect(ids).toHaveLength(1);
  await strict.close();

  const lenient = await openLoader(dataset, { ...change, skipBad: true });
  for await (const batch of lenient.epoch(0)) ids.push(...batch.ids);
  expect(ids).toHaveLength(4);
  expect(lenient.report.skipped.map(({ message }) => message)).toEqual([expect.stringMatching(/b\.png/)]);
  await lenient.close();
});

test('a loader that is left open, or in the middle of a batch, does not keep the process or break its end', async () => {
  const script = `
    import { openDataset, openLoader } from ${JSON.stringify(new URL('../../dist/node/index.js', import.meta.url).href)};
    const dataset = await openDataset('cityscapes:${join(folder, 'city')}', { split: 'train' });
    const loader = await openLoader(dataset, { batchSize: 2, seed: 1, workers: 2 });
    for await (const batch of loader.stream()) { console.log(batch.size.join('x')); break; }
    if (process.argv[1] === 'exit') process.exit(0);
  `;
  const run = promisify(execFile);
  for (const end of ['idle', 'exit']) {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, end]);
    expect(stdout.trim()).toBe('2x48x96');
  }
});
