import { imagenetPixels, type ModelConfig } from '../index.js';
import { hrNetOf, ocrOf } from './hrnet-shapes.js';
import { fitsAny, type Rename, renamed } from './renames.js';
import type { Shapes, Source } from './source.js';

/** HRNet as the trunk. */
const hrNetNames: readonly Rename[] = [['trunk.**', 'backbone.**']];

/** ResNet: its stem is a list of its own. */
const resNetNames: readonly Rename[] = [
  ['trunk.conv1.*', 'backbone.layer0.0.*'],
  ['trunk.bn1.*', 'backbone.layer0.1.*'],
  ['trunk.**', 'backbone.**'],
];

const ocrNames: readonly Rename[] = [['head.**', 'ocr.**']];
const deepLabNames: readonly Rename[] = [['head.**', '**']];

/** The attention of one scale, whose layers have names. */
const attentionNames: readonly Rename[] = [
  ['attention.conv.0.0.*', 'scale_attn.conv0.*'],
  ['attention.conv.0.1.*', 'scale_attn.bn0.*'],
  ['attention.conv.1.0.*', 'scale_attn.conv1.*'],
  ['attention.conv.1.1.*', 'scale_attn.bn1.*'],
  ['attention.score.*', 'scale_attn.conv2.*'],
];

/** The attention of two scales, whose layers have numbers. */
const pairAttentionNames: readonly Rename[] = [
  ['attention.conv.0.0.*', 'scale_attn.0.*'],
  ['attention.conv.0.1.*', 'scale_attn.1.*'],
  ['attention.conv.1.0.*', 'scale_attn.3.*'],
  ['attention.conv.1.1.*', 'scale_attn.4.*'],
  ['attention.score.*', 'scale_attn.6.*'],
];

type Parts = Pick<ModelConfig, 'classes' | 'trunk' | 'head'>;

/** NVIDIA's semantic-segmentation, the published code of the paper: the five networks of which weights exist. */
export const nvidiaSources: readonly Source[] = [
  source('ocrnet', 'HRNet', ocrNet, noAttentionOf, [...hrNetNames, ...ocrNames]),
  source('ocrnet', 'HRNet_Mscale', ocrNet, ownAttentionOf, [...hrNetNames, ...ocrNames, ...attentionNames]),
  source('deepv3', 'DeepV3PlusR50', deepLab, noAttentionOf, [...resNetNames, ...deepLabNames]),
  source('mscale', 'DeepV3R50', deepLab, ownAttentionOf, [
    ...resNetNames,
    ...attentionNames,
    ...deepLabNames,
  ]),
  source('mscale2', 'DeepV3R50', deepLab, pairAttentionOf, [
    ...resNetNames,
    ...pairAttentionNames,
    ...deepLabNames,
  ]),
];

function source(
  file: string,
  network: string,
  partsOf: (shapes: Shapes) => Parts | undefined,
  attentionOf: (shapes: Shapes) => ModelConfig['attention'] | undefined,
  names: readonly Rename[],
): Source {
  return {
    name: `nvidia-${file}-${network}`.toLowerCase().replace('_', '-'),
    title: `${file}.${network} of NVIDIA's semantic-segmentation`,
    recognize(shapes) {
      const [parts, attention] = [partsOf(shapes), attentionOf(shapes)];
      if (parts === undefined || attention === undefined) return undefined;
      const scales = attention.name === 'none' ? [1] : [0.5, 1];
      return {
        kind: 'model',
        config: { ...parts, attention, scales, weights: 'shared', ...imagenetPixels },
      };
    },
    nameOf: renamed(names),
    isSpare: fitsAny(['criterion.**', '**.num_batches_tracked']),
  };
}

function ocrNet(shapes: Shapes): Parts | undefined {
  const [trunk, ocr] = [hrNetOf(shapes, 'backbone.'), ocrOf(shapes, 'ocr.')];
  return trunk === undefined || ocr === undefined ? undefined : { trunk, ...ocr };
}

function deepLab(shapes: Shapes): Parts | undefined {
  const [classes, channels] = [shapes.get('final.6.weight')?.[0], shapes.get('bot_aspp.weight')?.[0]];
  const lowLevelChannels = shapes.get('bot_fine.weight')?.[0];
  const hasStem = shapes.has('backbone.layer0.0.weight');
  if (!hasStem || classes === undefined || channels === undefined || lowLevelChannels === undefined) {
    return undefined;
  }
  // The third stage of ResNet-50 has 6 blocks, that of ResNet-101 has 23.
  const name = shapes.has('backbone.layer3.6.conv1.weight') ? 'resnet101' : 'resnet50';
  return {
    classes,
    trunk: { name, outputStride: 8, firstDilation: 'own' },
    head: { name: 'deeplabv3plus-nvidia', asppRates: [12, 24, 36], channels, lowLevelChannels },
  };
}

function noAttentionOf(shapes: Shapes): ModelConfig['attention'] | undefined {
  const hasAttention = [...shapes.keys()].some((name) => name.startsWith('scale_attn.'));
  return hasAttention ? undefined : { name: 'none' };
}

function ownAttentionOf(shapes: Shapes): ModelConfig['attention'] | undefined {
  const channels = shapes.get('scale_attn.conv0.weight')?.[0];
  return channels === undefined ? undefined : { name: 'paper', channels, scoreBias: false };
}

/** Its first layer reads the decoder's input of two scales; one of a single scale is an attention of older code. */
function pairAttentionOf(shapes: Shapes): ModelConfig['attention'] | undefined {
  const [channels, width] = shapes.get('scale_attn.0.weight') ?? [];
  const single = shapes.get('final.0.weight')?.[1];
  if (channels === undefined || single === undefined || width !== 2 * single) return undefined;
  return { name: 'adjacent', channels, scoreBias: false };
}
