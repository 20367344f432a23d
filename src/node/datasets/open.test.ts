import { expect, test } from 'vitest';
import { openDataset } from './open.js';

test('a class file is refused where it would have no effect', async () => {
  const options = { classes: 'my.json' };
  for (const kind of ['camvid', 'synthetic']) {
    await expect(openDataset(`${kind}:count=2`, options)).rejects.toThrow(
      `--classes: expected no class file for data of the kind ${kind}, which has its own classes, received my.json. Leave it out.`,
    );
  }
});
