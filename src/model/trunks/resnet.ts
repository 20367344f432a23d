import { z } from 'zod';
import type { Tensor } from '../../engine/graph/index.js';
import { add, maxPool2d, relu } from '../../engine/ops/index.js';
import { batchNorm, convolution, convolutionNormActivation, type Scope } from '../layers/index.js';
import type { Feature, Trunk } from './trunk.js';

/** Bottlenecks of each stage, by depth: table 1 of arXiv 1512.03385. */
const blocksOf = { resnet50: [3, 4, 6, 3], resnet101: [3, 4, 23, 3] } as const;

type ResNetName = keyof typeof blocksOf;

/** What a bottleneck's output has for each of its inner channels. */
const EXPANSION = 4;

const settings = {
  outputStride: z
    .literal([8, 16, 32])
    .describe(
      'How much smaller than the image the deepest features are: strides beyond it become dilations.',
    ),
  width: z
    .int()
    .min(1)
    .max(512)
    .exactOptional()
    .describe(
      'Channels of the stem and of the first 3×3 convolutions, which each later stage doubles; 64, as published, where ' +
        'left out.',
    ),
  firstDilation: z
    .enum(['previous', 'own'])
    .exactOptional()
    .describe(
      "Dilation of a dilated stage's first block: that of the stage before, as torchvision has it and where left out, or " +
        "the stage's own, as NVIDIA's code has it.",
    ),
};
const schemas = {
  resnet50: z.strictObject({ name: z.literal('resnet50'), ...settings }),
  resnet101: z.strictObject({ name: z.literal('resnet101'), ...settings }),
};

export type ResNetConfig = z.infer<(typeof schemas)[ResNetName]>;

/**
 * ResNet of bottlenecks (He et al. 2016, arXiv 1512.03385) without its classifier, the stride in the 3×3 convolution
 * (torchvision's version 1.5). Its features are those of the four stages. Names are torchvision's, `layer1.0.conv1.…`.
 */
function resNet<Name extends ResNetName>(name: Name) {
  const trunk: Trunk<ResNetConfig> = {
    name,
    schema: schemas[name],
    smallestSide: ({ outputStride }) => outputStride,
    standard: { name, outputStride: 16 },
    build: (scope, image, config) => build(scope, image, blocksOf[name], config),
    pretrained: { source: `torchvision's ${name}`, example: 'layer1.0.conv1.weight' },
  };
  return trunk as typeof trunk & { readonly schema: (typeof schemas)[Name] };
}

export const resNet50 = resNet('resnet50');
export const resNet101 = resNet('resnet101');

function build(
  scope: Scope,
  image: Tensor,
  blocks: readonly number[],
  { outputStride, width = 64, firstDilation = 'previous' }: ResNetConfig,
): Feature[] {
  const stem = { out: width, kernel: 7, stride: 2, padding: 3 };
  let x = convolutionNormActivation([scope.child('conv1'), scope.child('bn1')], image, stem, 'relu');
  x = maxPool2d(x, { kernel: 3, stride: 2, padding: 1 });
  let reached = 4;
  let dilation = 1;
  return blocks.map((count, stage) => {
    const wanted = stage === 0 ? 1 : 2;
    const stride = reached * wanted > outputStride ? 1 : wanted;
    const before = dilation;
    reached *= stride;
    dilation *= wanted / stride;
    for (let block = 0; block < count; block++) {
      const isFirst = block === 0;
      x = bottleneck(scope.child(`layer${stage + 1}`).child(block), x, {
        inner: width * 2 ** stage,
        stride: isFirst ? stride : 1,
        dilation: isFirst && firstDilation === 'previous' ? before : dilation,
        project: isFirst,
      });
    }
    return { tensor: x, stride: reached };
  });
}

interface Bottleneck {
  /** Channels of the 3×3 convolution. */
  readonly inner: number;
  readonly stride: number;
  readonly dilation: number;
  /** Whether the shortcut is a 1×1 convolution, because channels or sides change. */
  readonly project: boolean;
}

/** 1×1, 3×3 and 1×1 convolutions beside a shortcut. HRNet's first stage is made of them too. */
export function bottleneck(
  scope: Scope,
  x: Tensor,
  { inner, stride, dilation, project }: Bottleneck,
): Tensor {
  const place = (index: number) => [scope.child(`conv${index}`), scope.child(`bn${index}`)] as const;
  const out = inner * EXPANSION;
  let y = convolutionNormActivation(place(1), x, { out: inner }, 'relu');
  y = convolutionNormActivation(place(2), y, { out: inner, kernel: 3, stride, dilation }, 'relu');
  y = convolutionNormActivation(place(3), y, { out }, 'none');
  const down = scope.child('downsample');
  const shortcut = project ? batchNorm(down.child(1), convolution(down.child(0), x, { out, stride })) : x;
  return relu(add(y, shortcut));
}
