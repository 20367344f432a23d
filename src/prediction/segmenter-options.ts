import { checkArgument, checkOptionNames, HmsaError, shown } from '../base/errors/index.js';
import { checkOptions as checkSessionOptions, type SessionOptions } from '../engine/runtime/index.js';
import { type Precision, precisions } from './compile-model.js';

/** Options of a `Segmenter`. */
export interface SegmenterOptions extends SessionOptions {
  /**
   * Bytes of memory that one image may take. An image that would take more is labelled in tiles; it is refused if not even
   * small tiles fit. Default: no limit.
   */
  readonly memoryLimit?: number;
  /**
   * In what numbers convolutions are computed; default float32. `float16` needs a GPU with 16-bit arithmetic (WebGPU's
   * `shader-f16`) and keeps about three digits.
   */
  readonly precision?: Precision;
}

/** Each of them, so that one that is added has to be added here too. */
const names: Readonly<Record<keyof SegmenterOptions, true>> = {
  memoryLimit: true,
  precision: true,
  device: true,
  threads: true,
  spin: true,
  state: true,
  commit: true,
  stateOnDevice: true,
  optimization: true,
  skipPasses: true,
  profile: true,
};

/**
 * @param operation what takes the options
 * @param more names of further options, which the caller checks
 * @throws HmsaError that names the option
 */
export function checkSegmenterOptions(
  options: SegmenterOptions,
  operation = 'Segmenter',
  more: readonly string[] = [],
): void {
  checkSessionOptions(options);
  checkOptionNames(options, [...Object.keys(names), ...more], operation);
  const { memoryLimit, precision = 'float32', device } = options;
  checkArgument(precisions.includes(precision), 'precision', precisions.join(' or '), precision);
  if (precision === 'float16' && device !== 'webgpu' && device !== 'cuda') {
    throw new HmsaError({
      operation: 'precision',
      expected: 'float16 on a GPU, device webgpu or cuda',
      received: `device ${device ?? 'cpu'}`,
      remedy: 'Leave it out: the CPU computes in float32, or in 8 bits what hmsa quantize has quantised.',
    });
  }
  if (memoryLimit === undefined || (typeof memoryLimit === 'number' && memoryLimit > 0)) return;
  throw new HmsaError({
    operation: 'memoryLimit',
    expected: 'a number of bytes above 0',
    received: shown(memoryLimit),
  });
}
