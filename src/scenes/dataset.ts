import { HmsaError, shown } from '../base/errors/index.js';
import type { ClassMap, Dataset } from '../data/contracts.js';
import { cityscapes } from '../data/sets/cityscapes.js';
import type { SyntheticOptions } from './options.js';
import { renderScene, type Scene } from './scene.js';

/** All that a {@link SyntheticDataset} is made of, as plain data that crosses to worker threads. */
export interface SyntheticParts extends SyntheticOptions {
  /** Scenes of different splits come from disjoint streams. */
  readonly split: string;
}

/** Version of the renderer's pictures: raised when the same options give other pixels. */
const RENDERER_VERSION = 1;

/**
 * Of scenes that are kept, the first that are asked for, by each data set in each thread: training would draw them again
 * in every epoch.
 */
const KEPT_BYTES = 2 ** 26;

/** Street scenes that are rendered when they are asked for. */
export class SyntheticDataset implements Dataset {
  readonly #kept = new Map<number, Scene>();

  constructor(readonly parts: SyntheticParts) {}

  get classes(): ClassMap {
    return cityscapes;
  }

  get length(): number {
    return this.parts.count;
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
    // Whoever asks may write into what they get.
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
