import { HmsaError, suggest } from '../../errors/index.js';
import { mergeConfig, presets, type TrainConfig } from '../../train/index.js';
import { readTextFile } from '../files/index.js';

/**
 * A preset, with what a JSON file changes of it: `{"batch": 2, "model": {"trunk": {"width": 0.5}}}`.
 *
 * @throws HmsaError that names the preset, the file or the key
 */
export async function readTrainConfig(preset: string, file?: string): Promise<TrainConfig> {
  const base = new Map<string, TrainConfig>(Object.entries(presets)).get(preset);
  if (base === undefined) {
    const names = Object.keys(presets);
    throw new HmsaError({
      operation: '--preset',
      expected: `one of ${names.join(', ')}`,
      received: preset,
      remedy: suggest(preset, names),
    });
  }
  if (file === undefined) return base;
  const text = await readTextFile(file);
  let changes: unknown;
  try {
    changes = JSON.parse(text);
  } catch (error) {
    throw new HmsaError({
      operation: file,
      expected: 'JSON',
      received: (error as Error).message,
      remedy: 'Mend the file.',
      cause: error,
    });
  }
  return mergeConfig(base, changes, file);
}
