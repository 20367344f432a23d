import type { ClassMap, Size } from '../data/index.js';
import type { Segmentation, SegmentOptions } from '../prediction/index.js';

/** The devices of a browser: the GPU, or the CPU by WebAssembly. */
export type WebDevice = 'webgpu' | 'wasm';

/** A picture that can be sent to a worker. */
export type SentPicture = ImageBitmap | ImageData | Blob;

/** Where a model comes from. */
export type SentModel =
  | { readonly url: string }
  | { readonly blob: Blob; readonly name: string }
  | { readonly bytes: Uint8Array; readonly name: string };

export interface LoadRequest {
  readonly model: SentModel;
  readonly device: WebDevice | 'auto';
  readonly threads?: number;
  readonly memoryLimit?: number;
}

/** What is known of a loaded model without its weights. */
export interface ModelFacts {
  /** What the file is called. */
  readonly name: string;
  readonly kind: 'hmsa' | 'onnx';
  readonly classes: ClassMap;
  /** The scales that it was trained on; of an exported file, the only ones that it computes. */
  readonly scales: readonly number[];
  /** Whether other scales can be chosen, details be had, and its attention and head be trained. */
  readonly isOpen: boolean;
  /** Whether it says how sure it is of its labels. */
  readonly hasConfidence: boolean;
  readonly imageSize?: Size;
}

export interface DeviceFacts {
  readonly device: WebDevice;
  /** Why this device, and how many threads it has. */
  readonly reason: string;
}

/** What a step of fine-tuning gave. */
export interface TuningStep {
  /** Of all training on this image. */
  readonly step: number;
  readonly loss: number;
  /** Share of the pixels of the step, painted and kept ones, that were right before it, 0 … 1. */
  readonly accuracy: number;
}

export type SentSegmentOptions = Omit<SegmentOptions, 'signal'>;

/** What a page asks of the worker. */
export interface WebCalls {
  load(request: LoadRequest): Promise<{ readonly model: ModelFacts; readonly device: DeviceFacts }>;
  /** Opens what the options need, and warms it up. */
  prepare(request: { readonly options: SentSegmentOptions }): Promise<DeviceFacts>;
  segment(request: {
    readonly picture: SentPicture;
    readonly options: SentSegmentOptions;
  }): Promise<{ readonly segmentation: Segmentation; readonly device: DeviceFacts }>;
  encode(request: { readonly precision: 'float32' | 'float16' }): Promise<Uint8Array>;
  beginTuning(request: {
    readonly picture: SentPicture;
    readonly classes: ClassMap;
    readonly learningRate: number;
  }): Promise<Size>;
  /** Trains one step on painted labels of the image's size. */
  tuningStep(request: { readonly labels?: Uint8Array }): Promise<TuningStep>;
  /** The labels of the image by the weights as they are now. */
  tuningLabels(request: Record<string, never>): Promise<Pick<Segmentation, 'labels' | 'width' | 'height'>>;
  /** Goes back to the weights before the last `train`; false if there is nothing to undo. */
  undoTuning(request: Record<string, never>): Promise<boolean>;
  /** Remembers the weights as they are, for `undoTuning`. */
  markTuning(request: Record<string, never>): Promise<void>;
  /** Makes the tuned weights those of the model. */
  applyTuning(request: Record<string, never>): Promise<ModelFacts>;
  endTuning(request: Record<string, never>): Promise<void>;
}

/** How far a call is, sent beside the answers. */
export interface ProgressMessage {
  readonly progress: Progress;
}

/** What the worker is doing. */
export interface Progress {
  readonly stage: 'download' | 'runtime' | 'graph' | 'network';
  /** Parts done, and all of them, if they are known. */
  readonly done?: number;
  readonly total?: number;
}
