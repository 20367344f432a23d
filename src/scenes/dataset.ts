import { HmsaError, shown, suggest } from '../base/errors/index.js';
import type { ClassMap, Dataset, DatasetModule, Size } from '../data/contracts.js';
import { cityscapes } from '../data/sets/cityscapes.js';
import { renderScene, type Scene } from './scene.js';

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

/** The options of a {@link SyntheticDataset}, as plain data that can be sent to worker threads. */
export interface SyntheticParts extends SyntheticOptions {
  /** Scenes of different splits come from disjoint streams. */
  readonly split: string;
}

/** Version of the renderer. Raise it when the same options give different pixels. */
const RENDERER_VERSION = 1;

/**
 * The most scenes that each data set caches in each thread, because training needs them again in every epoch. The first ones
 * requested are kept.
 */
const KEPT_BYTES = 2 ** 26;

/** Street scenes that are rendered on request. */
export class SyntheticDataset implements Dataset {
  readonly #kept = new Map<number, Scene>();

  constructor(readonly parts: SyntheticParts) {}

  get classes(): ClassMap {
    return cityscapes;
  }

  get length(): number {
    return this.parts.count;
  }

  get source(): DatasetModule {
    return { module: import.meta.url, export: openSyntheticDataset.name, options: this.parts };
  }

  async sizeOf(): Promise<Size> {
    const { width, height } = this.parts;
    return { width, height };
  }

  async get(index: number): Promise<Scene> {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new HmsaError({
        operation: 'data set',
        expected: `an index in 0 … ${this.length - 1}`,
        received: shown(index),
      });
    }
    const kept = this.#kept.get(index);
    // The caller may write into the result.
    if (kept !== undefined) return { ...kept, image: kept.image.slice(), label: kept.label.slice() };
    const scene = renderScene({ ...this.parts, index });
    const { image, label } = scene;
    if ((this.#kept.size + 1) * (image.length + label.length) <= KEPT_BYTES) {
      this.#kept.set(index, { ...scene, image: image.slice(), label: label.slice() });
    }
    return scene;
  }

  /** Changes when the scenes change. */
  async fingerprint(): Promise<string> {
    const { count, width, height, seed, split } = this.parts;
    return `synthetic-v${RENDERER_VERSION}:count=${count},size=${width}x${height},seed=${seed},split=${split}`;
  }
}

/**
 * For worker threads, which find it by its name; see {@link SyntheticDataset.source}.
 *
 * @public
 */
export function openSyntheticDataset(parts: SyntheticParts): SyntheticDataset {
  return new SyntheticDataset(parts);
}
