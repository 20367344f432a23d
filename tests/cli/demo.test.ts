import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeImage, demo, loadModel } from '../../dist/node/index.js';
import { mergeConfig, presets } from '../../dist/train/index.js';

test('the demo trains, compares every scale with their combinations, and writes what it promises', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-demo-'));
  const once = (kind: string) => ({ kind, epochs: 1, schedule: { kind: 'constant', rate: 1e-3 } });
  const config = mergeConfig(
    presets.demo,
    {
      batch: 2,
      crop: [64, 64],
      model: {
        trunk: { width: 0.25 },
        head: { channels: 8, lowLevelChannels: 8, asppRates: [1] },
      },
      phases: [once('scales'), once('attention'), once('refinement')],
    },
    'test',
  );
  try {
    const report = await demo({
      out: folder,
      config,
      data: 'synthetic:count=4,size=64x64,seed=1',
      unseen: 'synthetic:count=2,size=64x64,seed=1',
    });
    expect(report.results.map(({ name }) => name)).toEqual([
      'most frequent class of each row',
      '0.5× alone',
      '1× alone',
      'average',
      'maximum',
      'hierarchy',
    ]);
    for (const { meanIoU, pixelAccuracy } of report.results) {
      expect(meanIoU).toBeGreaterThanOrEqual(0);
      expect(pixelAccuracy).toBeLessThanOrEqual(1);
    }
    // Photograph, truth, two scales, the hierarchy, one attention.
    const picture = await decodeImage(join(folder, 'scene-1.png'));
    expect([picture.width, picture.height]).toEqual([6 * 64, 64]);
    const written = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'));
    expect(written).toEqual({ images: 2, results: JSON.parse(JSON.stringify(report.results)) });
    await (await loadModel(report.files.at(-1)!)).dispose();
  } finally {
    await rm(folder, { recursive: true });
  }
}, 240_000);
