import { expect, test } from 'vitest';
import { SyntheticDataset } from './dataset.js';
import { renderScene } from './scene.js';

const parts = { count: 3, width: 64, height: 32, seed: 5, split: 'val' };

test('a scene is the same each time, whatever was done to the one before', async () => {
  const dataset = new SyntheticDataset(parts);
  const expected = renderScene({ ...parts, index: 1 });
  for (let time = 0; time < 3; time++) {
    const scene = await dataset.get(1);
    expect(scene).toEqual(expected);
    scene.image.fill(0);
    scene.label.fill(0);
  }
});
