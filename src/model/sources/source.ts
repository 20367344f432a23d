import type { ModelConfig } from '../index.js';

/** The tensors of a weight file, by name: their shapes alone. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** What a weight file holds: a whole segmentation model, or a trunk alone, such as that of a classifier. */
export type Recognized =
  | { readonly kind: 'model'; readonly config: ModelConfig }
  | { readonly kind: 'trunk'; readonly trunk: ModelConfig['trunk'] };

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
  /** What a file calls a variable of the model, `trunk.conv1.weight`; undefined where it has none. */
  nameOf(variable: string): string | undefined;
  /** Whether a tensor of the file is known and not needed: a classifier's last layer, a counter. */
  isSpare(name: string): boolean;
}
