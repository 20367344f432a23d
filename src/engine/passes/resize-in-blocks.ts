import { expectProgram, isVariable, type Program, rebuild, type Tensor } from '../graph/index.js';
import { convolutionOf, inBlocks } from '../ops/index.js';

/**
 * ONNX Runtime's CPU runs convolutions of constant weights on blocks of channels. A Resize between two of them, with fixed sides
 * and a whole factor, is done on the blocks as well, and nothing has to be put into another order. This pass finds these.
 * Elsewhere matrix products are the faster way to resize.
 */
export function resizeInBlocks(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('resizeInBlocks', program);
  const isKnown = (weight: Tensor) => isVariable(weight) && constants.has(weight.attributes.name);
  const isBlocked = (image: Tensor): boolean => {
    if (convolutionOf(image) !== undefined) return isKnown(image.inputs[1]!);
    return elementwise.has(image.operator.name) && image.inputs.length === 1 && isBlocked(image.inputs[0]!);
  };
  const rebuilt = rebuild(outputs, (tensor, [image]) =>
    image !== undefined && isBlocked(image) ? inBlocks(tensor, image) : undefined,
  );
  return { outputs: rebuilt, constants };
}

/** What ONNX Runtime fuses into the convolution before it. */
const elementwise = new Set(['relu', 'relu6', 'clip']);
