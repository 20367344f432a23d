import { bell, hash32 } from '../base/random/index.js';
import type { Light } from './light.js';
import type { Raster } from './raster.js';

/** Effects of the lens and the sensor. */
export interface Lens {
  /** Share of a pixel's light that spreads to its neighbours, 0 … 1. */
  readonly blur: number;
  /** Standard deviation of the noise, in grey levels. */
  readonly noise: number;
  /** Exposure: multiplies everything. */
  readonly gain: number;
  /** Loss of light in the corners, 0 … 1. */
  readonly vignette: number;
  readonly noiseSeed: number;
}

/** The colours of the finished picture, RGB: with haze, tint and shadows, averaged over raster pixels, blurred, with noise. */
export function developColor(
  raster: Raster,
  light: Light,
  lens: Lens,
  factor: number,
  lastGround: number,
): Uint8Array {
  const width = raster.width / factor;
  const height = raster.height / factor;
  const exposed = expose(raster, light, lens, factor, lastGround);
  const blurred = lens.blur > 0 ? blur(exposed, width, height, lens.blur) : exposed;
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < out.length; i++) {
    const value = blurred[i]! + lens.noise * bell(hash32(i ^ lens.noiseSeed)) + 0.5;
    out[i] = Math.max(0, Math.min(255, value));
  }
  return out;
}

function expose(raster: Raster, light: Light, lens: Lens, factor: number, lastGround: number): Float32Array {
  const { width, height, color, inverseDepth, owner, shadow } = raster;
  const outWidth = width / factor;
  const out = new Float32Array((outWidth * height * 3) / factor);
  const [tintRed, tintGreen, tintBlue] = light.tint;
  const [hazeRed, hazeGreen, hazeBlue] = light.skyHorizon;
  const share = lens.gain / (factor * factor);
  for (let row = 0; row < height; row++) {
    const y = row / height - 0.5;
    const targetRow = Math.floor(row / factor) * outWidth * 3;
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      const k = at * 3;
      const x = column / width - 0.5;
      const weight = share * (1 - lens.vignette * 2 * (x * x + y * y));
      const target = targetRow + 3 * ((column / factor) | 0);
      const inverse = inverseDepth[at]!;
      // The sky is infinitely far and already has the colours of the hour.
      let haze = 0;
      let red = weight;
      let green = weight;
      let blue = weight;
      if (inverse > 0) {
        haze = light.haze / (light.haze + inverse);
        const dark = shadow[at] === 1 && owner[at]! <= lastGround ? light.shadow : 1;
        const clear = weight * (1 - haze) * dark;
        red = clear * tintRed;
        green = clear * tintGreen;
        blue = clear * tintBlue;
        haze *= weight;
      }
      out[target] = out[target]! + red * color[k]! + haze * hazeRed;
      out[target + 1] = out[target + 1]! + green * color[k + 1]! + haze * hazeGreen;
      out[target + 2] = out[target + 2]! + blue * color[k + 2]! + haze * hazeBlue;
    }
  }
  return out;
}

/** A 3 × 3 binomial blur mixed with the original, edges repeated. */
function blur(image: Float32Array, width: number, height: number, amount: number): Float32Array {
  const across = new Float32Array(image.length);
  const side = amount / 4;
  const middle = 1 - 2 * side;
  const stride = width * 3;
  for (let row = 0; row < height; row++) {
    for (let k = 0; k < stride; k++) {
      const at = row * stride + k;
      const before = k >= 3 ? at - 3 : at;
      const after = k + 3 < stride ? at + 3 : at;
      across[at] = middle * image[at]! + side * (image[before]! + image[after]!);
    }
  }
  const out = new Float32Array(image.length);
  for (let row = 0; row < height; row++) {
    const up = row > 0 ? stride : 0;
    const down = row + 1 < height ? stride : 0;
    for (let at = row * stride; at < (row + 1) * stride; at++) {
      out[at] = middle * across[at]! + side * (across[at - up]! + across[at + down]!);
    }
  }
  return out;
}

/** The label of each finished pixel: the most frequent of its raster pixels, and of equally frequent ones the nearest. */
export function developLabels(raster: Raster, labels: readonly number[], factor: number): Uint8Array {
  const { width, owner, inverseDepth } = raster;
  const outWidth = width / factor;
  const outHeight = raster.height / factor;
  const out = new Uint8Array(outWidth * outHeight);
  const votes = new Uint8Array(256);
  const nearest = new Float32Array(256);
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      const first = row * factor * width + column * factor;
      let best = labels[owner[first]!]!;
      for (let dy = 0; dy < factor; dy++) {
        for (let dx = 0; dx < factor; dx++) {
          const at = first + dy * width + dx;
          const label = labels[owner[at]!]!;
          votes[label] = votes[label]! + 1;
          nearest[label] = Math.max(nearest[label]!, inverseDepth[at]!);
          const lead = votes[label]! - votes[best]!;
          if (lead > 0 || (lead === 0 && nearest[label]! > nearest[best]!)) best = label;
        }
      }
      for (let dy = 0; dy < factor; dy++) {
        for (let dx = 0; dx < factor; dx++) {
          const label = labels[owner[first + dy * width + dx]!]!;
          votes[label] = 0;
          nearest[label] = 0;
        }
      }
      out[row * outWidth + column] = best;
    }
  }
  return out;
}
