import type { AttentionConfig } from './attention/scale-attention.js';
import type { DeepLabV3PlusConfig } from './heads/deeplabv3plus.js';
import type { MobileNetV2Config } from './trunks/mobilenetv2.js';

export type TrunkConfig = MobileNetV2Config;
export type HeadConfig = DeepLabV3PlusConfig;

/** Everything that the shape of a model depends on, as data that a model file carries. */
export interface ModelConfig {
  readonly classes: number;
  readonly trunk: TrunkConfig;
  readonly head: HeadConfig;
  readonly attention: AttentionConfig;
  /** The scales of the image that the model is trained on; 1 is among them. */
  readonly scales: readonly number[];
  /** One network for all scales, which then runs with any, or one for each. */
  readonly weights: 'shared' | 'perScale';
  /** What is taken from and divided out of a pixel of 0 … 255, for red, green and blue. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** The pixel statistics of ImageNet, for weights trained as torchvision's are. */
export const imagenetPixels = {
  mean: [123.675, 116.28, 103.53],
  deviation: [58.395, 57.12, 57.375],
} as const;

/** Pixels from −1 to 1, for weights from TensorFlow's DeepLab. */
export const symmetricPixels = {
  mean: [127.5, 127.5, 127.5],
  deviation: [127.5, 127.5, 127.5],
} as const;
