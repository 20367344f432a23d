import type { Value } from '../../graph/index.js';
import type { ConvolutionGeometry } from './geometry.js';

// The definitions written out plainly, without padded copies or matrix products.

/** y[n, o, i, j] = b[o] + Σ x[n, c, i·s + u·d − p, j·s + v·d − p] · w[o, c, u, v] over the group's channels c */
export function referenceConv2d(
  [x, w, bias]: readonly Value[],
  { stride, dilation, padding, groups }: ConvolutionGeometry,
  [batch, out, height, width]: readonly number[],
): Float64Array {
  const [, channels, sourceHeight, sourceWidth] = x!.shape as [number, number, number, number];
  const [, perGroup, kernelHeight, kernelWidth] = w!.shape as [number, number, number, number];
  const result = new Float64Array(batch! * out! * height! * width!);
  // Read once: in the innermost loop each property would be read as often as there are products.
  const [source, weights] = [x!.data, w!.data];
  const [[strideDown, strideRight], [dilationDown, dilationRight], [top, left]] = [stride, dilation, padding];
  let at = 0;
  for (let n = 0; n < batch!; n++) {
    for (let o = 0; o < out!; o++) {
      const firstChannel = Math.floor(o / (out! / groups)) * perGroup;
      for (let i = 0; i < height!; i++) {
        for (let j = 0; j < width!; j++) {
          let sum = bias?.data[o] ?? 0;
          for (let c = 0; c < perGroup; c++) {
            for (let u = 0; u < kernelHeight; u++) {
              const row = i * strideDown + u * dilationDown - top;
              if (row < 0 || row >= sourceHeight) continue;
              const rowStart = ((n * channels + firstChannel + c) * sourceHeight + row) * sourceWidth;
              const kernelStart = ((o * perGroup + c) * kernelHeight + u) * kernelWidth;
              for (let v = 0; v < kernelWidth; v++) {
                const column = j * strideRight + v * dilationRight - left;
                if (column < 0 || column >= sourceWidth) continue;
                sum += source[rowStart + column]! * weights[kernelStart + v]!;
              }
            }
          }
          result[at++] = sum;
        }
      }
    }
  }
  return result;
}

/** Every element of x adds its multiple of the kernel to y[n, o, i·s + u·d − p, j·s + v·d − p]. */
export function referenceConvTranspose2d(
  [x, w, bias]: readonly Value[],
  { stride, dilation, padding, groups }: ConvolutionGeometry,
  [batch, out, height, width]: readonly number[],
): Float64Array {
  const [, channels, sourceHeight, sourceWidth] = x!.shape as [number, number, number, number];
  const [, perGroup, kernelHeight, kernelWidth] = w!.shape as [number, number, number, number];
  const result = new Float64Array(batch! * out! * height! * width!);
  for (let n = 0; n < batch!; n++) {
    for (let c = 0; c < channels; c++) {
      const firstOut = Math.floor(c / (channels / groups)) * perGroup;
      for (let i = 0; i < sourceHeight; i++) {
        for (let j = 0; j < sourceWidth; j++) {
          const value = x!.data[((n * channels + c) * sourceHeight + i) * sourceWidth + j]!;
          for (let o = 0; o < perGroup; o++) {
            for (let u = 0; u < kernelHeight; u++) {
              const row = i * stride[0] + u * dilation[0] - padding[0];
              if (row < 0 || row >= height!) continue;
              for (let v = 0; v < kernelWidth; v++) {
                const column = j * stride[1] + v * dilation[1] - padding[1];
                if (column < 0 || column >= width!) continue;
                result[((n * out! + firstOut + o) * height! + row) * width! + column]! +=
                  value * w!.data[((c * perGroup + o) * kernelHeight + u) * kernelWidth + v]!;
              }
            }
          }
        }
      }
    }
  }
  if (bias !== undefined) {
    const area = height! * width!;
    for (let i = 0; i < result.length; i++) result[i]! += bias.data[Math.floor(i / area) % out!]!;
  }
  return result;
}

/** dw[o, c, u, v] = Σ g[n, o, i, j] · x[n, c, i·s + u·d − p, j·s + v·d − p] */
export function referenceWeightGradient(
  [x, g]: readonly Value[],
  { stride, dilation, padding, groups }: ConvolutionGeometry,
  [out, perGroup, kernelHeight, kernelWidth]: readonly number[],
): Float64Array {
  const [, channels, sourceHeight, sourceWidth] = x!.shape as [number, number, number, number];
  const [batch, , height, width] = g!.shape as [number, number, number, number];
  const result = new Float64Array(out! * perGroup! * kernelHeight! * kernelWidth!);
  let at = 0;
  for (let o = 0; o < out!; o++) {
    const firstChannel = Math.floor(o / (out! / groups)) * perGroup!;
    for (let c = 0; c < perGroup!; c++) {
      for (let u = 0; u < kernelHeight!; u++) {
        for (let v = 0; v < kernelWidth!; v++, at++) {
          for (let n = 0; n < batch; n++) {
            for (let i = 0; i < height; i++) {
              const row = i * stride[0] + u * dilation[0] - padding[0];
              if (row < 0 || row >= sourceHeight) continue;
              for (let j = 0; j < width; j++) {
                const column = j * stride[1] + v * dilation[1] - padding[1];
                if (column < 0 || column >= sourceWidth) continue;
                result[at]! +=
                  g!.data[((n * out! + o) * height + i) * width + j]! *
                  x!.data[((n * channels + firstChannel + c) * sourceHeight + row) * sourceWidth + column]!;
              }
            }
          }
        }
      }
    }
  }
  return result;
}
