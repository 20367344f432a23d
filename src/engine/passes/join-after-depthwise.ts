import { apply, expectProgram, type Program, rebuild, type Tensor } from '../graph/index.js';
import { convolutionOf } from '../ops/convolution/convolution.js';
import { add, concat, conv2d, isResize, slice } from '../ops/index.js';
import { isResample } from '../ops/resample.js';
import { concatenated } from '../ops/slicing.js';

/**
 * A depthwise convolution and an activation act on each channel alone, so channels can be joined after them:
 *
 *     relu(conv2d(concat(a, b), w)) = concat(relu(conv2d(a, w₁)), relu(conv2d(b, w₂)))
 *
 * ONNX Runtime's CPU convolves on blocks of channels, and joins results of convolutions in blocks. A resized image is not in
 * blocks, so joined with one, all channels would leave the blocks and enter them again. This pass moves such joins.
 */
export function joinAfterDepthwise(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('joinAfterDepthwise', program);
  const moved = new Set<Tensor>();
  const rebuilt = rebuild(outputs, (tensor, [image, weight, bias]) => {
    const parts = image === undefined ? [] : concatenated(image, 1);
    if (parts.length < 2) return undefined;
    const joined = (tensors: readonly Tensor[]) => {
      const result = concat(tensors, 1);
      moved.add(result);
      return result;
    };
    if (moved.has(image!) && isPointwise(tensor)) return sumOfParts(parts, weight!, bias);
    if (moved.has(image!) && activations.has(tensor.operator.name))
      return joined(parts.map((part) => apply(tensor.operator, [part], tensor.attributes)));
    return isDepthwise(tensor) && parts.some((part) => isResize(part) || isResample(part))
      ? joined(depthwiseParts(tensor, parts, weight!, bias))
      : undefined;
  });
  return { outputs: rebuilt, constants };
}

function isPointwise(tensor: Tensor): boolean {
  const convolution = convolutionOf(tensor);
  return convolution?.groups === 1 && String(tensor.inputs[1]!.shape.slice(2)) === '1,1';
}

/**
 * The pointwise convolution of joined parts, as a sum. ONNX Runtime adds within the convolution that is the first operand, so the
 * parts of few channels wait in memory, and not their results.
 */
function sumOfParts(parts: readonly Tensor[], weight: Tensor, bias: Tensor | undefined): Tensor {
  let end = 0;
  const convolved = parts.map((part, i) => {
    const start = end;
    end += part.shape[1] as number;
    const own = i === 0 && bias !== undefined ? { bias } : {};
    return { channels: end - start, result: conv2d(part, slice(weight, 1, start, end), own) };
  });
  return convolved
    .sort((a, b) => b.channels - a.channels)
    .map(({ result }) => result)
    .reduce((sum, result) => add(result, sum));
}

/** What ONNX Runtime fuses into the convolution before it. */
const activations = new Set(['relu', 'relu6', 'clip']);

function isDepthwise(tensor: Tensor): boolean {
  const convolution = convolutionOf(tensor);
  const [image, weight] = tensor.inputs;
  return convolution?.groups === image?.shape[1] && weight?.shape[0] === convolution?.groups;
}

function depthwiseParts(
  convolution: Tensor,
  parts: readonly Tensor[],
  weight: Tensor,
  bias: Tensor | undefined,
): Tensor[] {
  let end = 0;
  return parts.map((part) => {
    const groups = part.shape[1] as number;
    const start = end;
    end += groups;
    return conv2d(part, slice(weight, 0, start, end), {
      ...convolutionOf(convolution),
      groups,
      ...(bias === undefined ? {} : { bias: slice(bias, 0, start, end) }),
    });
  });
}
