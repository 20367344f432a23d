import { HmsaError, shown } from '../../base/errors/index.js';
import { readJsonFile } from '../../node/files/index.js';
import type { Threshold } from '../../node/index.js';

/** The name that stands for every class that is not named. */
const OTHERS = '*';

/**
 * `0.9`, `road=0.95,car=0.8`, both (`0.9,road=0.95`), or a JSON file of a number or `{"*": 0.9, "road": 0.95}`.
 *
 * @throws HmsaError that shows the wrong part
 */
export async function readThreshold(given: string): Promise<Threshold> {
  if (/\.json$/i.test(given.trim())) return fromFile(given.trim());
  const result = new Map<string, number>();
  for (const part of given.split(',')) {
    const at = part.lastIndexOf('=');
    const name = at < 0 ? OTHERS : part.slice(0, at).trim();
    const text = part.slice(at + 1).trim();
    const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value) || name === '') {
      throw new HmsaError({
        operation: '--threshold',
        expected: 'a number such as 0.9, or classes with numbers such as road=0.95,car=0.8',
        received: part,
        remedy: 'Names that contain a comma or an equals sign go into a JSON file: {"*": 0.9, "road": 0.95}.',
      });
    }
    if (result.has(name)) {
      throw new HmsaError({
        operation: '--threshold',
        expected: 'each class once',
        received: `${name === OTHERS ? 'the number for all others' : name} twice`,
        remedy: 'Leave one of them out.',
      });
    }
    result.set(name, value);
  }
  return Object.fromEntries(result);
}

async function fromFile(path: string): Promise<Threshold> {
  const content = await readJsonFile(path);
  if (typeof content === 'number') return content;
  const isTable = typeof content === 'object' && content !== null && !Array.isArray(content);
  if (isTable && Object.values(content).every((value) => typeof value === 'number'))
    return content as Readonly<Record<string, number>>;
  throw new HmsaError({
    operation: path,
    expected: 'a number, or an object of classes and numbers: {"*": 0.9, "road": 0.95}',
    received: shown(content),
  });
}
