import { HmsaError } from '../../errors/index.js';
import type { ClassMap, Dataset } from '../contracts.js';
import { cityscapes } from '../sets/cityscapes.js';
import type { SyntheticOptions } from './options.js';
import { renderScene, type Scene } from './scene.js';

/** All that a {@link SyntheticDataset} is made of, as plain data that crosses to worker threads. */
export interface SyntheticParts extends SyntheticOptions {
  /** Scenes of different splits come from disjoint streams. */
  readonly split: string;
}

/** Version of the renderer's pictures: raised when the same options give other pixels. */
export const RENDERER_VERSION = 1;

/** Street scenes that are rendered when they are asked for. */
export class SyntheticDataset implements Dataset {
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
        received: `${index}`,
      });
    }
    return renderScene({ ...this.parts, index });
  }

  /** Changes when the scenes change. */
  async fingerprint(): Promise<string> {
    const { count, width, height, seed, split } = this.parts;
    return `synthetic-v${RENDERER_VERSION}:count=${count},size=${width}x${height},seed=${seed},split=${split}`;
  }
}
