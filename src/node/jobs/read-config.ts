import { HmsaError, shown, suggest } from '../../base/errors/index.js';
import { mergeConfig, type PresetName, presets, type TrainConfig } from '../../training/index.js';
import { readJsonFile } from '../files/index.js';

/**
 * A preset with the changes of a JSON file: `{"batch": 2, "model": {"trunk": {"width": 0.5}}}`.
 *
 * @throws HmsaError that names the preset, the file or the key
 */
export async function readTrainConfig(preset: string, file?: string): Promise<TrainConfig> {
  if (typeof preset !== 'string' || !Object.hasOwn(presets, preset)) {
    const names = Object.keys(presets);
    throw new HmsaError({
      operation: '--preset',
      expected: 'the name of a preset',
      received: typeof preset === 'string' ? preset : shown(preset),
      remedy: suggest(preset, names),
    });
  }
  const base: TrainConfig = presets[preset as PresetName];
  return file === undefined ? base : mergeConfig(base, await readJsonFile(file), file);
}

/** Whether a configuration file sets the crop. @throws HmsaError as {@link readTrainConfig} does */
export async function changesCrop(file: string | undefined): Promise<boolean> {
  return changesKey(file, 'crop');
}

/** Whether a configuration file sets one of these keys. @throws HmsaError as {@link readTrainConfig} does */
export async function changesKey(
  file: string | undefined,
  ...keys: readonly (keyof TrainConfig)[]
): Promise<boolean> {
  if (file === undefined) return false;
  const changes = Object(await readJsonFile(file));
  return keys.some((key) => Object.hasOwn(changes, key));
}
