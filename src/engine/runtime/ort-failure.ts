import { HmsaError } from '../../base/errors/index.js';
import type { Device } from './session.js';

/** The meaning of ONNX Runtime's messages, and a remedy. The first match counts. */
const meanings: readonly { readonly pattern: RegExp; readonly remedy: (device: Device) => string }[] = [
  {
    pattern: /bad_alloc|allocate memory|out of memory|memory access out of bounds/i,
    remedy: () => 'There is not enough memory: use a smaller batch, crop or tile, or fewer scales.',
  },
  {
    pattern: /WebGPU adapter|No supported adapters/i,
    remedy: () =>
      'No graphics adapter was found: install a Vulkan (Linux), Metal (macOS) or D3D12 (Windows) driver, or use device cpu.',
  },
  {
    pattern: /Append\w*Provider_Cuda|libonnxruntime_providers_cuda|CUDA (failure|error)|cudnn|libcu/i,
    remedy: () =>
      'The CUDA provider did not start: install the NVIDIA driver, cuDNN 9 and the CUDA version that the provider was built for (12 or 13) so that the dynamic linker finds them, or use device cpu.',
  },
  {
    pattern: /protobuf parsing failed|ModelProto|No graph was found/i,
    remedy: () => 'The bytes are not a whole ONNX model: read or write the file again.',
  },
  {
    pattern: /No Op registered|not a registered function|NOT_IMPLEMENTED|Could not find an implementation/i,
    remedy: (device) =>
      device === 'cpu'
        ? 'This version of ONNX Runtime does not know the operator: export the model for an older opset.'
        : `The ${device} device does not know the operator: use device cpu.`,
  },
  {
    pattern: /\.onnx_data|external data/i,
    remedy: () => 'The model keeps its weights in another file: export it with the weights inside.',
  },
];

/** The error for a failure inside ONNX Runtime: its message in one line, without its source paths. */
export function ortFailure(operation: string, expected: string, device: Device, failure: unknown): HmsaError {
  const message = oneLine(failure instanceof Error ? failure.message : String(failure));
  const meaning = meanings.find(({ pattern }) => pattern.test(message));
  const remedy = meaning?.remedy(device);
  return new HmsaError({
    operation,
    expected,
    received: `ONNX Runtime's "${message}"`,
    remedy: remedy ?? 'Check the model with the ONNX checker; if it passes, report this message as a bug.',
  });
}

function oneLine(message: string): string {
  return message
    .replace(/^.*?\.cc:\d+ .*? was false\. /s, '')
    .replace(/\/onnxruntime_src\/\S+\s*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '')
    .slice(0, 500);
}
