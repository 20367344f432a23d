import type { DType, NdArray } from '../../base/arrays/index.js';

/** Where a graph is executed. `wasm` is onnxruntime-web's CPU, the others are native in Node. */
export const DEVICES = ['cpu', 'webgpu', 'cuda', 'wasm'] as const;
export type Device = (typeof DEVICES)[number];

/** ONNX Runtime takes 15 s to start 1024, and far more of them than cores only get in each other's way. */
export const MOST_THREADS = 256;

export interface SessionOptions {
  readonly device?: Device;
  /** Threads of the CPU kernels, 1 … 256; where left out ONNX Runtime takes one per physical core. */
  readonly threads?: number;
  /**
   * Whether waiting threads spin between kernels (the default) or sleep. Spinning is faster while the cores
   * are free and takes them from everybody else, a data loader included.
   */
  readonly spin?: boolean;
  /**
   * State that lives inside the session: each input named here is fed from the session, and after every
   * {@link Session.run} takes the value of the output it names. With null in place of an output a run only
   * reads it. It crosses to the caller only on request, and {@link Session.sibling} shares it.
   */
  readonly state?: Readonly<Record<string, string | null>>;
  /**
   * An output of one number: a run whose number is 0 leaves the state as it was, to the bit. So a graph that finds a
   * step to be bad can have it undone without copying anything.
   */
  readonly commit?: string;
  /**
   * Leave the state that a run returns on the device until somebody asks for it, instead of carrying it to the CPU and
   * back at every run. For webgpu in onnxruntime-web; elsewhere it changes nothing.
   */
  readonly stateOnDevice?: boolean;
  /** How far ONNX Runtime rewrites the graph before it runs; `all` where left out. */
  readonly optimization?: 'none' | 'basic' | 'extended' | 'all';
  /** Write ONNX Runtime's profile beside this path prefix when the session is disposed. Native devices only. */
  readonly profile?: string;
}

/** What a session opened by {@link Session.sibling} has to itself; device, threads and spinning it shares. */
export type SiblingOptions = Pick<SessionOptions, 'state' | 'commit' | 'optimization' | 'profile'>;

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
   * Hands the arrays over instead of copying them: afterwards they belong to the session and may be empty.
   * An array that is a view of part of a larger buffer is copied all the same.
   */
  readonly transfer?: boolean;
}

export interface RunOptions extends TransferOption {
  /** The outputs to return; all where left out. */
  readonly outputs?: readonly string[];
  /** An abort acts between runs: a run that has started is finished, a queued one is rejected at once. */
  readonly signal?: AbortSignal;
}

/** What is known of a loaded graph. */
export interface SessionInfo {
  readonly device: Device;
  /** True where the device is a GPU and ONNX Runtime has left some nodes of this graph to the CPU. */
  readonly partlyOnCpu: boolean;
  /** The inputs that {@link Session.run} must be fed: those of the graph less the state. */
  readonly inputs: readonly TensorInfo[];
  /** The outputs that {@link Session.run} returns: those of the graph less the state's next values and `commit`. */
  readonly outputs: readonly TensorInfo[];
  /** The inputs that are state. */
  readonly state: readonly TensorInfo[];
}

/**
 * One loaded graph. Names, typed arrays and shapes only: no object of ONNX Runtime crosses this interface.
 *
 * Calls are queued: they take effect in the order in which they were made, and runs never overlap. Every array
 * that a session returns is the caller's own, never a view of the session's memory.
 */
export interface Session extends SessionInfo {
  /**
   * Executes the graph once. The feeds must not be changed before the promise settles. When it rejects, the
   * state is what it was before.
   *
   * @throws HmsaError that names the input when one is missing, unknown or of another type or shape
   */
  run(feeds: NamedArrays, options?: RunOptions): Promise<Record<string, NdArray>>;
  /**
   * Sets some or all of the state, by input name; state must be set whole before the first run. The values are
   * copied, unless they are transferred.
   */
  setState(values: NamedArrays, options?: TransferOption): Promise<void>;
  /** Copies of the state, by input name; all where no names are given. */
  getState(names?: readonly string[]): Promise<Record<string, NdArray>>;
  /**
   * Opens another graph on the same device and in the same thread, over the same state: a state input that both
   * name is one tensor, never copied, which either may set, read or replace. A sibling may name some of the state,
   * or state of its own. Calls to siblings stand in one queue, in the order in which they were made.
   *
   * Where training draws one of several graphs for each batch, this keeps weights and momenta once.
   *
   * @param model the bytes of an ONNX file; they must not be changed before the promise settles
   * @param options `transfer` hands the bytes over; {@link SessionOptions.optimization} is the first session's
   *   where left out
   * @throws HmsaError when the model or an option does not fit, or a state input has another type or shape than
   *   its namesake; the sessions that were there go on
   */
  sibling(model: Uint8Array, options?: SiblingOptions & TransferOption): Promise<Session>;
  /**
   * Frees the native memory, after the calls that were made before; a second call does nothing, any other call
   * afterwards throws HmsaError. Siblings go on; the state is kept, whole, until the last of them is disposed.
   */
  dispose(): Promise<void>;
}
