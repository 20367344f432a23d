import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkText, HmsaError, program } from '../base/errors/index.js';
import { parseJson } from '../base/json.js';
import { readRegularFile } from './files/index.js';

/** The description of the package's model, from `models/shipped.json`, which `tools/ship-model.mjs` writes. */
export interface ShippedModel {
  readonly name: string;
  /** Path of the file. */
  readonly file: string;
  readonly bytes: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** One line: what it is, and what it was trained on. */
  readonly description: string;
  /** One line: the terms of use, and where to find more about them. */
  readonly terms: string;
}

/** The path works from `src/` and from `dist/`, so in a checkout and in an installed package. */
const packagedModels = fileURLToPath(new URL('../../models', import.meta.url));

/**
 * Describes the model of the package, which is the default wherever a model is needed. The file itself is not read.
 *
 * @param folder the folder of `shipped.json`; default: that of the package
 * @throws HmsaError that says how to get a model, when the package has none
 */
export async function shippedModel(folder: string = packagedModels): Promise<ShippedModel> {
  checkText(folder, 'shippedModel', 'the path of a folder');
  const manifest = await readOrSayHow(join(folder, 'shipped.json'));
  const text = new TextDecoder().decode(manifest);
  const { file, ...rest } = parseJson(text, join(folder, 'shipped.json')) as ShippedModel;
  return { ...rest, file: join(folder, file) };
}

/**
 * The bytes of the model of the package, after a check of its SHA-256.
 *
 * @param folder the folder of `shipped.json`; default: that of the package
 * @throws HmsaError that says how to get a model, when it is missing or has changed
 */
export async function readShippedModel(
  folder?: string,
): Promise<{ readonly file: string; readonly content: Uint8Array }> {
  const { file, sha256 } = await shippedModel(folder);
  const content = await readOrSayHow(file);
  const received = createHash('sha256').update(content).digest('hex');
  if (received === sha256) return { file, content };
  throw new HmsaError({
    operation: file,
    expected: `SHA-256 ${sha256}`,
    received: `${received}: the file is damaged or another one`,
    remedy: `Reinstall hmsa. ${ownModel}`,
  });
}

const ownModel = `Or use a model of your own (--model FILE): ${program} train --data KIND:PATH --out DIR writes DIR/model.safetensors.`;

async function readOrSayHow(file: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(file);
  } catch (error) {
    const { received, cause } = error as HmsaError;
    const { code } = (cause ?? {}) as NodeJS.ErrnoException;
    throw new HmsaError({
      operation: file,
      expected: 'the model that is shipped with hmsa',
      received: code === 'ENOENT' ? 'none there' : received,
      remedy: `Reinstall hmsa. ${ownModel}`,
      cause: error,
    });
  }
}
