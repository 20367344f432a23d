import { elementCount, type OwnFloats } from '../../base/arrays.js';
import { generator } from '../../base/random/index.js';

/** How the values of a variable are initialised, as plain data. */
export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  /**
   * Normal with variance gain² / fan (He et al. 2015, arXiv 1502.01852). `fanOut` keeps the variance of gradients,
   * `fanIn` that of activations; gain √2 suits a ReLU.
   */
  | { readonly kind: 'kaimingNormal'; readonly mode: 'fanIn' | 'fanOut'; readonly gain?: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  /** The weight of a transposed convolution that enlarges each channel by bilinear interpolation (FCN, arXiv 1411.4038). */
  | { readonly kind: 'bilinear' };

export const zeros: Initializer = { kind: 'constant', value: 0 };
export const ones: Initializer = { kind: 'constant', value: 1 };

/** The initial values of the variable `name`, a pure function of the arguments. */
export function initialize(
  initializer: Initializer,
  shape: readonly number[],
  seed: number,
  name: string,
): OwnFloats {
  const data = new Float32Array(elementCount(shape));
  switch (initializer.kind) {
    case 'constant':
      return data.fill(initializer.value);
    case 'normal':
      return normal(data, initializer.deviation, seed, name);
    case 'kaimingNormal': {
      const { mode, gain = Math.SQRT2 } = initializer;
      const [out, perGroup, ...kernel] = shape as [number, number, ...number[]];
      const fan = (mode === 'fanIn' ? perGroup : out) * elementCount(kernel);
      return normal(data, gain / Math.sqrt(fan), seed, name);
    }
    case 'bilinear':
      return bilinear(data, shape as [number, number, number, number]);
  }
}

function normal(data: OwnFloats, deviation: number, seed: number, name: string) {
  const random = generator(seed, 'initialize', name);
  for (let i = 0; i < data.length; i++) data[i] = random.normal(0, deviation);
  return data;
}

/** A tent function over the kernel, on the output of the same channel. A depthwise weight has no other. */
function bilinear(data: OwnFloats, [first, second, height, width]: [number, number, number, number]) {
  const tent = (i: number, side: number) => {
    const factor = Math.ceil(side / 2);
    const center = side % 2 === 1 ? factor - 1 : factor - 0.5;
    return 1 - Math.abs(i - center) / factor;
  };
  for (let c = 0; c < first; c++) {
    const at = (c * second + (second === 1 ? 0 : c % second)) * height * width;
    for (let i = 0; i < height * width; i++) {
      data[at + i] = tent(Math.floor(i / width), height) * tent(i % width, width);
    }
  }
  return data;
}
