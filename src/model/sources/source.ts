import type { NdArray } from '../../base/arrays.js';
import type { ModelConfig } from '../index.js';

/** The tensors of a weight file, by name: their shapes alone. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** What a weight file holds: a whole segmentation model, or a trunk alone, such as that of a classifier. */
export type Recognized =
  | { readonly kind: 'model'; readonly config: ModelConfig }
  | {
      readonly kind: 'trunk';
      readonly trunk: ModelConfig['trunk'];
      /** What the trunk was trained to see, where it is not ImageNet's. */
      readonly pixels?: Pick<ModelConfig, 'mean' | 'deviation'>;
    };

/**
 * A family of published weight files: which architecture they are of, and how they name its variables. Names are given
 * without `module.` and other wrappers, which the reader takes off.
 */
export interface Source {
  /** What `--arch` takes: `nvidia-ocrnet-hrnet-mscale`. */
  readonly name: string;
  /** Whose files they are, for people: `ocrnet.HRNet_Mscale of NVIDIA's semantic-segmentation`. */
  readonly title: string;
  /** The architecture of a file; undefined where the file is not of this family. Scales are those of its training. */
  recognize(shapes: Shapes): Recognized | undefined;
  /**
   * Shapes of the tensors by which {@link recognize} knows the head and the attention, as published, for a network of so many
   * classes: for files that lack some of them.
   */
  typical?(classes: number): Readonly<Record<string, readonly number[]>>;
  /** What a file calls a variable of the model, `trunk.conv1.weight`; undefined where it has none. */
  nameOf(variable: string): string | undefined;
  /** Whether a tensor of the file is known and not needed: a classifier's last layer, a counter. */
  isSpare(name: string): boolean;
  /**
   * Turns a tensor of the file into the value of the variable, where a family differs in more than names: the order of axes,
   * an epsilon. Its result has the variable's shape if the file's tensor is right. Without it, tensors are taken as they are.
   */
  convert?(variable: string, array: NdArray<'float32'>): NdArray<'float32'>;
}
