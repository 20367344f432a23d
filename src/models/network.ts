import type { Tensor } from '../graph/index.js';
import type { Scope } from '../nn/index.js';
import { scaleAttention } from './attention/scale-attention.js';
import type { ModelConfig } from './config.js';
import { deepLabV3Plus } from './heads/deeplabv3plus.js';
import type { HeadOutput } from './heads/head.js';
import { mobileNetV2 } from './trunks/mobilenetv2.js';
import type { Features } from './trunks/trunk.js';

/** What the network makes of one image, at the head's own size. */
export interface NetworkOutput {
  /** [N, classes, h, w], before the softmax. */
  readonly logits: Tensor;
  /** [N, 1, h, w] in 0 … 1; missing where it was not asked for. */
  readonly attention?: Tensor;
}

/** The single-scale network: image [N, 3, H, W], pixels already normalised → trunk → head, and attention on demand. */
export function network(
  scope: Scope,
  image: Tensor,
  config: ModelConfig,
  { attention }: { readonly attention: boolean },
): NetworkOutput {
  const features = buildTrunk(scope.child('trunk'), image, config.trunk);
  const head = buildHead(scope.child('head'), features, config);
  if (!attention) return { logits: head.logits };
  return { logits: head.logits, attention: scaleAttention(scope.child('attention'), head, config.attention) };
}

function buildTrunk(scope: Scope, image: Tensor, config: ModelConfig['trunk']): Features {
  switch (config.name) {
    case 'mobilenetv2':
      return mobileNetV2(scope, image, config);
  }
}

function buildHead(scope: Scope, features: Features, { head, classes }: ModelConfig): HeadOutput {
  switch (head.name) {
    case 'deeplabv3plus':
      return deepLabV3Plus(scope, features, classes, head);
  }
}
