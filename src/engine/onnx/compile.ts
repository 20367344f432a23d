import type { OwnBytes } from '../../base/arrays/index.js';
import { expectProgram, type Program } from '../graph/index.js';
import { simplify } from '../passes/index.js';
import { type FileNotes, lower } from './lower.js';

/**
 * Simplifies a program and lowers it to the bytes of an ONNX file. Training and inference both use this function.
 *
 * @throws HmsaError as the passes and {@link lower} do
 */
export function compile(program: Program, notes: FileNotes = {}): OwnBytes {
  return lower(simplify(expectProgram('compile', program)), notes);
}
