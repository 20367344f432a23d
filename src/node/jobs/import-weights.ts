import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { checkArgument, HmsaError, nearName } from '../../base/errors/index.js';
import { checkNamed, flag, text } from '../../base/schema/index.js';
import { readClassFile } from '../../data/classes/index.js';
import { type ClassMap, checkClasses, classSets } from '../../data/index.js';
import { encodeModel } from '../../model/file/index.js';
import { type Imported, type ImportOptions, importModel } from '../../model/published/index.js';
import {
  checkReplaceable,
  readIfThere,
  readPublishedFile,
  readTextFile,
  writeFileAtomic,
} from '../files/index.js';

/** Options of {@link importWeights}. */
export interface ImportWeightsOptions extends Omit<ImportOptions, 'classes'> {
  /**
   * The classes in the order of the network's outputs: a set (`cityscapes`, `camvid`, `mapillary`, `ade20k`, `voc`),
   * `numbered`, the path of a file of classes, or the classes themselves.
   */
  readonly classes?: string | ClassMap;
  /** The model file to write; default: the name of the weights with the ending `.hmsa.safetensors`, beside them. */
  readonly to?: string;
  /** Whether to replace what is there. The weights themselves are never replaced. */
  readonly overwrite?: boolean;
}

/** What {@link importWeights} has written. */
export interface ImportedFile extends Omit<Imported, 'model'>, Pick<Imported['model'], 'config' | 'classes'> {
  readonly file: string;
  readonly bytes: number;
}

const shape = {
  to: text,
  overwrite: flag,
  arch: text,
  entry: text,
  partial: flag,
  classes: z.union([z.string(), z.custom<ClassMap>((value) => typeof value === 'object')]).optional(),
};

/**
 * Makes a model file of a weight file of others, see {@link importModel}.
 *
 * @throws HmsaError when the weights or the classes cannot be read or do not fit each other, or something is at the place
 *   of the model
 */
export async function importWeights(file: string, options: ImportWeightsOptions = {}): Promise<ImportedFile> {
  checkArgument(typeof file === 'string' && file !== '', 'importWeights', 'the path of a file', file);
  checkNamed(shape, options, 'importWeights');
  const { to, overwrite = false, classes, ...rest } = options;
  const target = to ?? join(dirname(file), `${basename(file, extname(file))}.hmsa.safetensors`);
  const read = classes === undefined ? {} : { classes: await readClasses(classes) };
  const { model, ...report } = importModel(await readPublishedFile(file), file, { ...rest, ...read });
  const bytes = encodeModel(model);
  const there = overwrite ? undefined : await readIfThere(target).catch(() => undefined);
  // The same import again changes nothing.
  const isEqual =
    there !== undefined && Buffer.from(there.buffer, there.byteOffset, there.length).equals(bytes);
  // A model can be hours of somebody's training, so none is replaced unasked.
  await checkReplaceable(target, { overwrite, inputs: [file], isOwn: () => isEqual, own: 'an equal one' });
  await writeFileAtomic(target, bytes);
  return { file: target, bytes: bytes.length, config: model.config, classes: model.classes, ...report };
}

async function readClasses(classes: string | ClassMap): Promise<ClassMap | 'numbered'> {
  if (typeof classes !== 'string') {
    checkClasses(classes, 'importWeights, classes');
    return classes;
  }
  if (classes === 'numbered') return classes;
  if (Object.hasOwn(classSets, classes)) return classSets[classes]!;
  try {
    return (await readClassFile({ readText: readTextFile }, classes)).classes;
  } catch (error) {
    const near = nearName(classes, [...Object.keys(classSets), 'numbered']);
    if (!(error instanceof HmsaError) || near === undefined || /[/\\.]/.test(classes)) throw error;
    throw new HmsaError({
      operation: '--classes',
      expected: `a set (${Object.keys(classSets).join(', ')}), numbered, or a file of classes`,
      received: classes,
      remedy: `Did you mean ${near}?`,
    });
  }
}
