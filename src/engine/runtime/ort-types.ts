/**
 * What a session asks of ONNX Runtime, as onnxruntime-common declares it. Written out here, because that package's own
 * declarations want the types of a browser, which nobody who compiles for Node has.
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
  /** Where the elements are; `cpu` where left out. */
  readonly location?: string;
  /** Throws where the elements are not on the CPU. */
  readonly data: unknown;
  /** Brings the elements to the CPU, where they are from then on; with `release` it frees the memory that they leave. */
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
  /** Where to leave an output, by name; on the CPU where left out. */
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
