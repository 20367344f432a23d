import type { DType, NdArray } from '../arrays/index.js';

/** Where a graph is executed. `wasm` is onnxruntime-web's CPU, the others are native in Node. */
export type Device = 'cpu' | 'webgpu' | 'cuda' | 'wasm';

export interface SessionOptions {
  readonly device?: Device;
  /** Threads of the CPU kernels; the number of cores where left out. */
  readonly threads?: number;
  /**
   * State that lives inside the session: each input named here is fed from the session, and after every
   * {@link Session.run} takes the value of the output it names. It crosses to the caller only on request.
   */
  readonly state?: Readonly<Record<string, string>>;
  /** Write ONNX Runtime's profile beside this path prefix when the session is disposed. */
  readonly profile?: string;
}

export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  /** A named dimension where the graph leaves it free. */
  readonly shape: readonly (number | string)[];
}

/** One loaded graph. Names, typed arrays and shapes only: no object of ONNX Runtime crosses this interface. */
export interface Session {
  readonly device: Device;
  /** The inputs that {@link run} must be fed: those of the graph less the state. */
  readonly inputs: readonly TensorInfo[];
  /** The outputs that {@link run} returns: those of the graph less the state's next values. */
  readonly outputs: readonly TensorInfo[];
  /**
   * Executes the graph once. Runs of one session are queued and never overlap.
   *
   * @param outputs the outputs to return; all where left out
   * @param signal an abort acts between runs: a run that has started is finished, a queued one is not started
   * @throws HmsaError that names the input when one is missing, unknown or of another type or shape
   */
  run(
    feeds: Readonly<Record<string, NdArray>>,
    options?: { readonly outputs?: readonly string[]; readonly signal?: AbortSignal },
  ): Promise<Record<string, NdArray>>;
  /** Sets some or all of the state, by input name; state must be set whole before the first run. */
  setState(values: Readonly<Record<string, NdArray>>): Promise<void>;
  /** Copies of the state, by input name; all where no names are given. */
  getState(names?: readonly string[]): Promise<Record<string, NdArray>>;
  /** Frees the native memory; a second call does nothing, any other call afterwards throws HmsaError. */
  dispose(): Promise<void>;
}
