import { HmsaError, isObject, shown } from '../../base/errors/index.js';
import type { OrtSessionOptions } from './ort-types.js';
import { DEVICES, type Device, MOST_THREADS, type SessionOptions, type SiblingOptions } from './session.js';

const optimizationLevels = { none: 'disabled', basic: 'basic', extended: 'extended', all: 'all' } as const;

/** @throws HmsaError when an option is out of range or not available on the device */
export function checkOptions(options: SessionOptions): void {
  const fail = (operation: string, expected: string, received: unknown): never => {
    throw new HmsaError({ operation, expected, received: shown(received) });
  };
  if (!isObject(options)) fail('session options', 'an object', options);
  const { device, threads, spin, optimization, profile, state, commit, stateOnDevice } = options;
  if (device !== undefined && !DEVICES.includes(device))
    fail('device', `one of ${DEVICES.join(', ')}`, device);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    fail('threads', `a whole number from 1 to ${MOST_THREADS}`, threads);
  }
  if (spin !== undefined && typeof spin !== 'boolean') fail('spin', 'true or false', spin);
  if (optimization !== undefined && !Object.keys(optimizationLevels).includes(optimization)) {
    fail('optimization', `one of ${Object.keys(optimizationLevels).join(', ')}`, optimization);
  }
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

function isOutputName(name: unknown): boolean {
  return name === null || typeof name === 'string';
}

/**
 * A sibling's options: its own, and for the rest those of the session it is opened from.
 *
 * @throws HmsaError when it asks for another device, or other threads, than that session has
 */
export function siblingOptions(first: SessionOptions, own: SiblingOptions): SessionOptions {
  const { device, threads, spin, optimization, stateOnDevice } = first;
  const shared = { device, threads, spin };
  for (const [name, value] of Object.entries(shared)) {
    const asked = (own as SessionOptions)[name as keyof typeof shared];
    if (asked === undefined || asked === value) continue;
    throw new HmsaError({
      operation: `Session.sibling, ${name}`,
      expected: `${value ?? 'nothing'}, as the first session has it`,
      received: shown(asked),
      remedy: 'Leave it out: siblings share device and threads.',
    });
  }
  return {
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(spin !== undefined && { spin }),
    ...(optimization !== undefined && { optimization }),
    ...(stateOnDevice !== undefined && { stateOnDevice }),
    ...own,
  };
}

/**
 * The options of ONNX Runtime for our options.
 *
 * @param whole refuse to open the session where a node would be left to the CPU
 */
export function ortOptions(options: SessionOptions, device: Device, whole: boolean): OrtSessionOptions {
  const { threads, optimization = 'all', profile, spin = true, stateOnDevice = false, state = {} } = options;
  const next = Object.values(state).filter((output) => output !== null);
  return {
    executionProviders: [device],
    executionMode: 'sequential',
    interOpNumThreads: 1,
    ...(threads !== undefined && device !== 'wasm' && { intraOpNumThreads: threads }),
    graphOptimizationLevel: optimizationLevels[optimization],
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
    },
  };
}
