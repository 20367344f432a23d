import { stat } from 'node:fs/promises';
import { HmsaError, program } from '../../base/errors/index.js';
import { localPath } from '../files/index.js';
import { RunFolder } from './run-folder.js';

/**
 * The model file that a path names: the path itself or, if it is the folder of a training run, the model of that run.
 *
 * @throws HmsaError when the folder has no model; it names the models that a run has before its end
 */
export async function modelPath(named: string): Promise<string> {
  const path = localPath(named);
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder) return path;
  const run = new RunFolder(path);
  if (await run.has('model')) return run.nameOf('model');
  const isRun = await run.has('record');
  const earlier: string[] = [];
  for (const file of ['best', 'interim'] as const) if (await run.has(file)) earlier.push(run.nameOf(file));
  throw new HmsaError({
    operation: path,
    expected: 'a model file, or the folder of a finished training run',
    received: isRun ? 'a run that is not finished' : 'a folder without model.safetensors',
    remedy: isRun
      ? `Finish it with ${program} train --resume ${path}${earlier.length === 0 ? '.' : `, or name a model that it has so far: ${earlier.join(', ')}.`}`
      : 'Name a model file.',
  });
}
