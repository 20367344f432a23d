import type { DataOf, NdArray } from '../base/arrays.js';
import type { Size } from '../data/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import { outputNames } from './inference-graph.js';
import type { Region } from './region.js';

/** The results of the regions of a larger one, put together. */
export class JoinedResults {
  readonly #size: Size;
  readonly results: Record<string, NdArray> = {};

  constructor(size: Size) {
    this.#size = size;
  }

  readonly add = ({ x, y, width, height }: Region, results: NamedArrays): void => {
    const { width: wide, height: high } = this.#size;
    for (const [name, { dtype, data }] of Object.entries(results)) {
      if (name === outputNames.check) continue;
      const planes = data.length / (width * height);
      this.results[name] ??= {
        dtype,
        shape: planes === 1 ? [1, high, wide] : [1, planes, high, wide],
        data: new (data.constructor as new (length: number) => DataOf['float32'])(planes * high * wide),
      } as NdArray;
      const whole = this.results[name].data as Float32Array;
      for (let plane = 0; plane < planes; plane++) {
        for (let row = 0; row < height; row++) {
          const from = (plane * height + row) * width;
          whole.set((data as Float32Array).subarray(from, from + width), (plane * high + y + row) * wide + x);
        }
      }
    }
  };
}
