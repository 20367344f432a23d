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
  readonly logSeverityLevel: 4;
  /** Where each output is left, by name; default: on the CPU. */
  readonly preferredOutputLocation?: Readonly<Record<string, 'gpu-buffer'>>;
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
