import { expectProgram, type Program, rebuild, type Tensor } from '../graph/index.js';
import { halvedResize } from '../ops/halved-resize.js';
import { readersOf } from './readers.js';

/**
 * Class scores of scale 2 are enlarged to the size of their image and reduced to that of scale 1. This pass leaves out the large
 * image in the middle where that changes nothing but rounding ({@link halvedResize}), if nothing else reads it.
 */
export function resizeOnce(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('resizeOnce', program);
  const readers = readersOf(Object.values<Tensor>(outputs));
  const rebuilt = rebuild(outputs, (tensor, [large]) =>
    large !== undefined && readers.get(tensor.inputs[0]!)!.length === 1
      ? halvedResize(tensor, large)
      : undefined,
  );
  return { outputs: rebuilt, constants };
}
