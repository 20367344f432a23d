import type { DType, NdArray } from '../../base/arrays.js';

/** Devices that execute graphs. `wasm` is the CPU in onnxruntime-web; the others are native in Node. */
export const DEVICES = ['cpu', 'webgpu', 'cuda', 'wasm'] as const;
export type Device = (typeof DEVICES)[number];

/** The most threads. ONNX Runtime takes 15 s to start 1024, and far more threads than cores slow each other down. */
export const MOST_THREADS = 256;

export interface SessionOptions {
  readonly device?: Device;
  /** Threads of the CPU kernels, 1 … 256. Default: one for each physical core. */
  readonly threads?: number;
  /**
   * Whether threads spin (default) or sleep while they wait between kernels. Spinning is faster if cores are free, but it
   * takes them from other threads, such as a data loader.
   */
  readonly spin?: boolean;
  /**
   * State that lives inside the session, as input name → output name. The session feeds these inputs itself and, after every
   * {@link Session.run}, sets each to the value of its output. null instead of an output name: runs only read it. The caller
   * gets state only on request. {@link Session.sibling} shares it.
   */
  readonly state?: Readonly<Record<string, string | null>>;
  /**
   * The name of an output with a single number. If a run returns 0 there, the session keeps the state as it was before, bit for
   * bit. A training graph rejects a bad step this way, without a copy of the state.
   */
  readonly commit?: string;
  /**
   * Whether the state stays on the device until it is requested, instead of being copied to the CPU and back at every run.
   * Works for webgpu in onnxruntime-web. For the GPUs of onnxruntime-node it is refused, because that package gives all outputs
   * to the CPU; on a CPU it changes nothing.
   */
  readonly stateOnDevice?: boolean;
  /** How far ONNX Runtime optimises the graph before the first run; default `all`. */
  readonly optimization?: 'none' | 'basic' | 'extended' | 'all';
  /**
   * Names of ONNX Runtime's passes (`GraphTransformer`) that are left out because the graph has nothing for them. Each pass goes
   * through all nodes, so a large graph opens sooner.
   */
  readonly skipPasses?: readonly string[];
  /** Write ONNX Runtime's profile beside this path prefix when the session is disposed. Native devices only. */
  readonly profile?: string;
}

/** Options that a session opened by {@link Session.sibling} has for itself. It shares device, threads and spinning. */
export type SiblingOptions = Pick<
  SessionOptions,
  'state' | 'commit' | 'optimization' | 'skipPasses' | 'profile'
>;

export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  /** A named dimension where the graph leaves it free. */
  readonly shape: readonly (number | string)[];
}

/** Arrays by the name of the input or output that they belong to. */
export type NamedArrays = Readonly<Record<string, NdArray>>;

export interface TransferOption {
  /**
   * Whether to transfer the arrays instead of copying them. Afterwards they belong to the session and may be empty. An array
   * that is a view of part of a larger buffer is copied anyway.
   */
  readonly transfer?: boolean;
}

export interface RunOptions extends TransferOption {
  /** The outputs to return; default: all. */
  readonly outputs?: readonly string[];
  /** An abort rejects a queued run at once. A run that has started is finished. */
  readonly signal?: AbortSignal;
}

/** Device, inputs, outputs and state of a loaded graph. */
export interface SessionInfo {
  readonly device: Device;
  /** Whether the device is a GPU and ONNX Runtime runs some nodes of this graph on the CPU. */
  readonly partlyOnCpu: boolean;
  /** The inputs that {@link Session.run} needs: those of the graph without the state. */
  readonly inputs: readonly TensorInfo[];
  /** The outputs that {@link Session.run} returns: those of the graph without the next state and `commit`. */
  readonly outputs: readonly TensorInfo[];
  /** The inputs that are state. */
  readonly state: readonly TensorInfo[];
}

/**
 * One loaded graph. Callers pass and get names, typed arrays and shapes, never objects of ONNX Runtime.
 *
 * Calls are queued: they take effect in the order in which they were made, and runs never overlap. A returned array belongs to
 * the caller; it is never a view of the session's memory.
 */
export interface Session extends SessionInfo {
  /**
   * Executes the graph once. The feeds must not be changed before the promise settles. If it rejects, the state is
   * unchanged.
   *
   * @throws HmsaError that names the input when one is missing, unknown or of another type or shape
   */
  run(feeds: NamedArrays, options?: RunOptions): Promise<Record<string, NdArray>>;
  /**
   * Sets some or all of the state, by input name. All of it must be set before the first run. The values are copied, unless
   * they are transferred.
   */
  setState(values: NamedArrays, options?: TransferOption): Promise<void>;
  /** Copies of the state, by input name; default: all of it. */
  getState(names?: readonly string[]): Promise<Record<string, NdArray>>;
  /**
   * Opens another graph on the same device, in the same thread and over the same state. A state input that both graphs name is
   * one tensor, never copied, which each of them may set, read or replace. A sibling may use some of the state and may add its
   * own. All siblings share one queue of calls.
   *
   * Training that chooses one of several graphs for each batch thus needs only one copy of weights and momenta.
   *
   * @param model the bytes of an ONNX file; they must not be changed before the promise settles
   * @param options `transfer` transfers the bytes; {@link SessionOptions.optimization} defaults to that of the first session
   * @throws HmsaError when the model or an option does not fit, or a state input has another type or shape than the one of the
   *   same name. The existing sessions stay usable
   */
  sibling(model: Uint8Array, options?: SiblingOptions & TransferOption): Promise<Session>;
  /**
   * Frees the native memory, after the calls that were made before. A second call does nothing; any other call afterwards
   * throws HmsaError. Siblings stay usable, and the whole state is kept until the last of them is disposed.
   */
  dispose(): Promise<void>;
}
