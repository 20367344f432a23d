import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { program } from '../../base/errors/index.js';
import { modelPath } from './model-path.js';

test('A folder of a run stands for its model, and names what is there if the run is not finished.', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-model-path-'));
  const [run, file] = [join(folder, 'run'), join(folder, 'model.safetensors')];
  await mkdir(run);
  expect(await modelPath(file)).toBe(file);
  await expect(modelPath(run)).rejects.toThrow('received a folder without model.safetensors');
  await writeFile(join(run, 'run.json'), '{}');
  await writeFile(join(run, 'interim.safetensors'), '');
  await expect(modelPath(run)).rejects.toThrow(
    `received a run that is not finished. Finish it with ${program} train --resume ${run}, or name a model that it has so far: ${join(run, 'interim.safetensors')}.`,
  );
  await writeFile(join(run, 'model.safetensors'), '');
  expect(await modelPath(run)).toBe(join(run, 'model.safetensors'));
});
