import type { Shapes } from '../sources/index.js';

/**
 * What a file of no known source probably holds, for people: `resnet34 of torchvision or timm, under backbone.`. Undefined where
 * its names tell nothing.
 */
export function otherNetwork(shapes: Shapes): string | undefined {
  const stem = [...shapes.keys()].find((name) => /(^|\.)layer1\.0\.conv1\.weight$/.test(name));
  const network = stem === undefined ? otherHrNet(shapes) : otherResNet(shapes, stem);
  if (network !== undefined) return network;
  const names = [...shapes.keys()];
  return kinds.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
}

/** Blocks of the four stages: of basic blocks, and of bottlenecks. */
const resNets = {
  basic: { '2,2,2,2': 'resnet18', '3,4,6,3': 'resnet34' },
  bottleneck: { '3,4,6,3': 'resnet50', '3,4,23,3': 'resnet101', '3,8,36,3': 'resnet152' },
} as const;

function otherResNet(shapes: Shapes, stem: string): string | undefined {
  const prefix = stem.slice(0, stem.lastIndexOf('layer1.'));
  const side = (name: string, axis: number) => shapes.get(`${prefix}${name}.weight`)?.[axis];
  // The authors' HRNet has a layer1 too.
  if (shapes.has(`${prefix}transition1.0.0.weight`)) return otherHrNet(shapes);
  const blocks = [1, 2, 3, 4].map(
    (stage) =>
      new Set(
        [...shapes.keys()]
          .filter((name) => name.startsWith(`${prefix}layer${stage}.`))
          .map((name) => name.slice(prefix.length).split('.')[1]),
      ).size,
  );
  const kind = side('layer1.0.conv3', 0) === undefined ? 'basic' : 'bottleneck';
  const base = (resNets[kind] as Readonly<Record<string, string>>)[String(blocks)];
  if (base === undefined) return `a ResNet of ${blocks.join(', ')} ${kind} blocks`;
  const [inner, perGroup] = [side('layer1.0.conv2', 0) ?? 64, side('layer1.0.conv2', 1) ?? 64];
  const depth = base.slice('resnet'.length);
  const isGrouped = kind === 'bottleneck' && perGroup < inner;
  const name = isGrouped
    ? `resnext${depth}_${inner / perGroup}x${perGroup}d`
    : kind === 'bottleneck' && inner !== 64
      ? `wide_${base}_${inner / 64}`
      : base;
  const attends = shapes.has(`${prefix}layer1.0.se.fc1.weight`) ? ' with squeeze and excitation' : '';
  const deep = side('conv1.0', 0) === undefined ? '' : ' with a deep stem';
  const place = prefix === '' ? '' : `, under ${prefix}`;
  return `${name}${attends}${deep} of torchvision, timm or alike${place}`;
}

/** HRNets that differ from HRNetV2-W18 … W64 in the numbers of modules or blocks. */
function otherHrNet(shapes: Shapes): string | undefined {
  const stem = [...shapes.keys()].find((name) => name.endsWith('transition1.0.0.weight'));
  if (stem === undefined) return undefined;
  const prefix = stem.slice(0, -'transition1.0.0.weight'.length);
  const count = (before: string) =>
    new Set(
      [...shapes.keys()]
        .filter((name) => name.startsWith(prefix + before))
        .map((name) => name.slice(prefix.length + before.length).split('.')[0]),
    ).size;
  const modules = [2, 3, 4].map((stage) => count(`stage${stage}.`));
  return `an HRNet of width ${shapes.get(stem)?.[0]} with ${modules.join(', ')} modules of ${count('stage2.0.branches.0.')} blocks`;
}

/** By a tensor that they have; the first that fits. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/relative_position_bias_table$/, 'a Swin transformer'],
  [/segformer\.|\bpatch_embed1\.proj\.weight$/, 'a SegFormer'],
  [
    /\b(attn\.qkv|attention\.attention\.query)\.weight$|(^|\.)encoder\.layers\.encoder_layer_0\./,
    'a vision transformer',
  ],
  [/(^|\.)denseblock1\./, 'a DenseNet'],
  [
    /(^|\.)blocks\.0\.0\.(se\.conv_reduce|conv_dw)\.weight$/,
    'an EfficientNet or another network of inverted residuals of timm',
  ],
  [/(^|\.)features\.1\.0\.block\.0\.0\.weight$/, 'an EfficientNet of torchvision'],
  [/(^|\.)features\.1\.0\.block\.0\.weight$|(^|\.)stages\.0\.blocks\.0\.conv_dw\.weight$/, 'a ConvNeXt'],
  [/(^|\.|features\.|backbone\.)(features\.)?1\.block\.0\.0\.weight$/, 'a MobileNetV3 of torchvision'],
  [/(^|\.)features\.0\.weight$/, 'a VGG or AlexNet of torchvision'],
  [/(^|\.)(down|up|inc|outc)\d?\..*conv/i, 'a U-Net'],
];
