import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HmsaError, program } from '../../base/errors/index.js';
import { parseJson } from '../../base/json/index.js';
import { checkText } from '../arguments/index.js';
import { readRegularFile } from '../files/index.js';

/** What the package says of the model that it carries, in `models/shipped.json`, which `tools/ship-model.mjs` writes. */
export interface ShippedModel {
  readonly name: string;
  /** Its path. */
  readonly file: string;
  readonly bytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** One line: what it is, and what it has learned from. */
  readonly description: string;
  /** One line: on what terms it may be used, and where more is said. */
  readonly terms: string;
}

/** As far from `src/` as from `dist/`, so that a checkout and an installed package are alike. */
const packagedModels = fileURLToPath(new URL('../../../models', import.meta.url));

/**
 * The model that the package carries, the default wherever a model is asked for; the file itself is not looked at.
 *
 * @param folder where `shipped.json` lies; that of the package where left out
 * @throws HmsaError that says how to get a model, when the package has come without one
 */
export async function shippedModel(folder: string = packagedModels): Promise<ShippedModel> {
  checkText(folder, 'shippedModel', 'the path of a folder');
  const manifest = await readOrSayHow(join(folder, 'shipped.json'));
  const text = new TextDecoder().decode(manifest);
  const { file, ...rest } = parseJson(text, join(folder, 'shipped.json')) as ShippedModel;
  return { ...rest, file: join(folder, file) };
}

/**
 * The bytes of the model that the package carries, after its SHA-256 is checked.
 *
 * @param folder where `shipped.json` lies; that of the package where left out
 * @throws HmsaError that says how to get a model, when it is missing or not the one that was shipped
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
    received: `${received}: the file is damaged or another`,
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
      expected: 'the model that hmsa is shipped with',
      received: code === 'ENOENT' ? 'none there' : received,
      remedy: `Reinstall hmsa. ${ownModel}`,
      cause: error,
    });
  }
}
