import type { OwnBytes } from '../../base/arrays/index.js';
import { expectProgram, type Program } from '../graph/index.js';
import { simplify } from '../passes/index.js';
import { lower } from './lower.js';

/**
 * The bytes of an ONNX file that computes the program, simplified: the way to a file for every use, training and
 * inference alike.
 *
 * @throws HmsaError as the passes and {@link lower} do
 */
export function compile(program: Program): OwnBytes {
  return lower(simplify(expectProgram('compile', program)));
}
