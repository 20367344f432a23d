import { HmsaError, suggest } from '../base/errors/index.js';

/** The options in `synthetic:count=8,size=128x64,seed=1`. */
export interface SyntheticOptions {
  /** Scenes in each split. */
  readonly count: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly seed: number;
}

const DEFAULTS: SyntheticOptions = { count: 100, width: 256, height: 128, seed: 1 };
const KEYS = ['count', 'size', 'seed'];

/**
 * Reads `count=8,size=128x64,seed=1`. Default: 100 scenes of 256×128 pixels with seed 1.
 *
 * @throws HmsaError that names the part that is unknown or malformed
 */
export function parseSyntheticOptions(text: string): SyntheticOptions {
  let options = DEFAULTS;
  for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
    const [key, value] = part.split('=').map((piece) => piece.trim()) as [string, string | undefined];
    if (key === 'size') options = { ...options, ...parseSize(value ?? '') };
    else if (key === 'count') options = { ...options, count: parseWhole(key, value, 1) };
    else if (key === 'seed') options = { ...options, seed: parseWhole(key, value, 0) };
    else {
      throw new HmsaError({
        operation: 'synthetic data set',
        expected: `some of ${KEYS.map((name) => `${name}=…`).join(', ')}`,
        received: key === '' ? part : key,
        remedy: suggest(key, KEYS),
      });
    }
  }
  return options;
}

/**
 * Reads `256x128`, width first.
 *
 * @throws HmsaError when it is anything else
 */
export function parseSize(text: string): { width: number; height: number } {
  const match = /^(\d+)[x×](\d+)$/i.exec(text);
  if (match === null) {
    throw new HmsaError({
      operation: 'size',
      expected: 'WIDTHxHEIGHT, such as 256x128',
      received: text || 'nothing',
    });
  }
  return { width: Number(match[1]), height: Number(match[2]) };
}

function parseWhole(key: string, text: string | undefined, least: number): number {
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isSafeInteger(value) || value < least) {
    throw new HmsaError({
      operation: `synthetic data set, ${key}`,
      expected: `a whole number of at least ${least}`,
      received: text === undefined || text === '' ? 'nothing' : text,
    });
  }
  return value;
}
