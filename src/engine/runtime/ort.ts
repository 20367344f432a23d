import { HmsaError, isObject, shown } from '../../base/errors/index.js';
import { DEVICES, type Device, MOST_THREADS, type SessionOptions, type SiblingOptions } from './session.js';

/**
 * The part of onnxruntime-common's interface that a session uses. It is declared here because that package's declarations
 * need the types of a browser, which projects for Node do not have.
 */
export interface OrtModule {
  /** What the package says of itself, and where the threads of WebAssembly are set. */
  readonly env?: {
    readonly versions?: { readonly node?: string; readonly web?: string };
    readonly wasm?: { numThreads?: number };
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: OrtSessionOptions): Promise<OrtInferenceSession>;
  };
}

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** Where the elements are; default `cpu`. */
  readonly location?: string;
  /** Throws if the elements are not on the CPU. */
  readonly data: unknown;
  /** Moves the elements to the CPU. With `release`, frees their memory on the device. */
  getData?(release?: boolean): Promise<unknown>;
  /** Frees memory of the device. */
  dispose?(): void;
}

export interface OrtSessionOptions {
  readonly executionProviders: readonly string[];
  readonly executionMode: 'sequential';
  readonly interOpNumThreads: number;
  readonly intraOpNumThreads?: number;
  readonly graphOptimizationLevel: 'disabled' | 'basic' | 'extended' | 'all';
  readonly enableMemPattern: boolean;
  readonly logSeverityLevel: 4;
  /** Where each output is left, by name; default: on the CPU. */
  readonly preferredOutputLocation?: Readonly<Record<string, 'gpu-buffer'>>;
  readonly enableCpuMemArena?: boolean;
  readonly enableProfiling?: boolean;
  readonly profileFilePrefix?: string;
  readonly extra: Record<string, unknown>;
}

export type OrtValueMetadata =
  | { readonly isTensor: false; readonly name: string }
  | {
      readonly isTensor: true;
      readonly name: string;
      readonly type: string;
      readonly shape: readonly (number | string)[];
    };

export interface OrtInferenceSession {
  readonly inputMetadata: readonly OrtValueMetadata[];
  readonly outputMetadata: readonly OrtValueMetadata[];
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
  endProfiling(): void;
}

const optimizationLevels = { none: 'disabled', basic: 'basic', extended: 'extended', all: 'all' } as const;

/** @throws HmsaError when an option is out of range or not available on the device */
export function checkOptions(options: SessionOptions): void {
  const fail = (operation: string, expected: string, received: unknown): never => {
    throw new HmsaError({ operation, expected, received: shown(received) });
  };
  if (!isObject(options)) fail('session options', 'an object', options);
  const { device, threads, spin, optimization, skipPasses, profile, state, commit, stateOnDevice } = options;
  if (device !== undefined && !DEVICES.includes(device))
    fail('device', `one of ${DEVICES.join(', ')}`, device);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    fail('threads', `a whole number from 1 to ${MOST_THREADS}`, threads);
  }
  if (spin !== undefined && typeof spin !== 'boolean') fail('spin', 'true or false', spin);
  if (optimization !== undefined && !Object.keys(optimizationLevels).includes(optimization)) {
    fail('optimization', `one of ${Object.keys(optimizationLevels).join(', ')}`, optimization);
  }
  if (skipPasses !== undefined && !(Array.isArray(skipPasses) && skipPasses.every(isPassName)))
    fail('skipPasses', "a list of names of ONNX Runtime's passes", skipPasses);
  if (state !== undefined && !(isObject(state) && Object.values(state).every(isOutputName)))
    fail('state', 'an object of outputs by the input that they replace', state);
  if (commit !== undefined && typeof commit !== 'string') fail('commit', 'the name of an output', commit);
  if (stateOnDevice !== undefined && typeof stateOnDevice !== 'boolean')
    fail('stateOnDevice', 'true or false', stateOnDevice);
  if (profile !== undefined && typeof profile !== 'string')
    fail('profile', 'the beginning of a path', profile);
  if (profile !== undefined && device === 'wasm')
    fail('profile', 'a native device (cpu, webgpu, cuda)', device);
}

function isPassName(name: unknown): boolean {
  return typeof name === 'string' && /^\w+$/.test(name);
}

function isOutputName(name: unknown): boolean {
  return name === null || typeof name === 'string';
}

/**
 * A sibling's options: those that are asked for, and for the rest those of the session that it is opened from.
 *
 * @throws HmsaError when it asks for another device, or other threads, than that session has
 */
export function siblingOptions(first: SessionOptions, asked: SiblingOptions): SessionOptions {
  const { device, threads, spin, optimization, skipPasses, stateOnDevice } = first;
  const shared = { device, threads, spin };
  for (const [name, value] of Object.entries(shared)) {
    const given = (asked as SessionOptions)[name as keyof typeof shared];
    if (given === undefined || given === value) continue;
    throw new HmsaError({
      operation: `Session.sibling, ${name}`,
      expected: `${value ?? 'nothing'}, as the first session has it`,
      received: shown(given),
      remedy: 'Leave it out: siblings share device and threads.',
    });
  }
  return {
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(spin !== undefined && { spin }),
    ...(optimization !== undefined && { optimization }),
    ...(skipPasses !== undefined && { skipPasses }),
    ...(stateOnDevice !== undefined && { stateOnDevice }),
    ...asked,
  };
}

/**
 * The options of ONNX Runtime for our options.
 *
 * @param whole refuse to open the session where a node would be left to the CPU
 */
export function ortOptions(options: SessionOptions, device: Device, whole: boolean): OrtSessionOptions {
  const { threads, optimization = 'all', profile, spin = true, stateOnDevice = false, state = {} } = options;
  const { skipPasses = [] } = options;
  const next = Object.values(state).filter((output) => output !== null);
  return {
    executionProviders: [device],
    executionMode: 'sequential',
    interOpNumThreads: 1,
    ...(threads !== undefined && device !== 'wasm' && { intraOpNumThreads: threads }),
    graphOptimizationLevel: optimizationLevels[optimization],
    // With it, the second run allocates one block for everything, beside all that the first run has left in the arena: the
    // peak of a training grows by two thirds; and it keeps a plan for every size of a prediction. Without it a step takes 1 or
    // 2% more of the processor's time.
    enableMemPattern: false,
    // Errors are thrown; ONNX Runtime would only repeat them on stderr.
    logSeverityLevel: 4,
    ...(stateOnDevice &&
      device === 'webgpu' && {
        preferredOutputLocation: Object.fromEntries(next.map((output) => [output, 'gpu-buffer' as const])),
      }),
    ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
    extra: {
      session: {
        // Weights decay into denormals in training, and the CPU kernels crawl on them. ONNX Runtime 1.30 sets the
        // thread that opens a process's first session; sessions that are opened in other threads compute with them.
        set_denormal_as_zero: '1',
        ...(whole && { disable_cpu_ep_fallback: '1' }),
        ...(!spin && { intra_op: { allow_spinning: '0' } }),
      },
      ...(skipPasses.length > 0 && {
        optimization: { disable_specified_optimizers: skipPasses.join(';') },
      }),
    },
  };
}

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
    pattern: /requires f16/,
    remedy: () => 'The GPU has no arithmetic with 16-bit numbers: leave out precision float16.',
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
