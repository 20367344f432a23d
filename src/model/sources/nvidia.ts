import { imagenetPixels, type ModelConfig } from '../index.js';
import { hrNetOf, ocrOf, typicalOcr } from './hrnet-shapes.js';
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

/** The two convolutions and the classifier of a list without names of its own. */
function listNames(ours: string, classifier: string, theirs: string): readonly Rename[] {
  return [
    [`${ours}.conv.0.0.*`, `${theirs}.0.*`],
    [`${ours}.conv.0.1.*`, `${theirs}.1.*`],
    [`${ours}.conv.1.0.*`, `${theirs}.3.*`],
    [`${ours}.conv.1.1.*`, `${theirs}.4.*`],
    [`${ours}.${classifier}.*`, `${theirs}.6.*`],
  ];
}

/** The attention of one scale, whose layers have names. */
const attentionNames: readonly Rename[] = [
  ['attention.conv.0.0.*', 'scale_attn.conv0.*'],
  ['attention.conv.0.1.*', 'scale_attn.bn0.*'],
  ['attention.conv.1.0.*', 'scale_attn.conv1.*'],
  ['attention.conv.1.1.*', 'scale_attn.bn1.*'],
  ['attention.score.*', 'scale_attn.conv2.*'],
];

/** The attention of two scales, and that of one in older code: their layers have numbers. */
const numberedAttentionNames = listNames('attention', 'score', 'scale_attn');

type Parts = Pick<ModelConfig, 'classes' | 'trunk' | 'head'>;

/** What an attention of a single scale reads, by its channels. */
type Width = (shapes: Shapes) => number | undefined;

/**
 * NVIDIA's semantic-segmentation, the published code of the paper: the networks with a trunk that is known here. Networks with an
 * attention of their own scale come in two forms, of which MSCALE_OLDARCH chooses the older.
 */
export const nvidiaSources: readonly Source[] = [
  source('ocrnet', 'HRNet', ocrNet, noAttentionOf, [...hrNetNames, ...ocrNames]),
  ...withAttention('ocrnet', 'HRNet_Mscale', ocrNet, [...hrNetNames, ...ocrNames], (shapes) =>
    sideOf(shapes, 'ocr.conv3x3_ocr.0', 0),
  ),
  source('deepv3', 'DeepV3PlusR50', deepLab, noAttentionOf, [...resNetNames, ...deepLabNames]),
  ...withAttention('mscale', 'DeepV3R50', deepLab, [...resNetNames, ...deepLabNames], (shapes) =>
    sideOf(shapes, 'final.0', 1),
  ),
  source('mscale2', 'DeepV3R50', deepLab, pairAttentionOf, [
    ...resNetNames,
    ...numberedAttentionNames,
    ...deepLabNames,
  ]),
  source('basic', 'HRNet', plainHrNet('seg_head'), noAttentionOf, [
    ...hrNetNames,
    ...listNames('head', 'classifier', 'seg_head'),
  ]),
  ...withAttention(
    'mscale',
    'HRNet',
    plainHrNet('cls_head'),
    [...hrNetNames, ...listNames('head', 'classifier', 'cls_head')],
    (shapes) => sideOf(shapes, 'cls_head.0', 1),
  ),
];

function withAttention(
  file: string,
  network: string,
  partsOf: (shapes: Shapes) => Parts | undefined,
  names: readonly Rename[],
  read: Width,
): readonly Source[] {
  return [
    source(file, network, partsOf, ownAttentionOf, [...attentionNames, ...names]),
    source(file, network, partsOf, oldAttentionOf(read), [...numberedAttentionNames, ...names], {
      name: '-oldarch',
      title: ' with MSCALE_OLDARCH',
    }),
  ];
}

function source(
  file: string,
  network: string,
  partsOf: (shapes: Shapes) => Parts | undefined,
  attentionOf: (shapes: Shapes) => ModelConfig['attention'] | undefined,
  names: readonly Rename[],
  form = { name: '', title: '' },
): Source {
  return {
    name: `nvidia-${file}-${network}`.toLowerCase().replace('_', '-') + form.name,
    title: `${file}.${network} of NVIDIA's semantic-segmentation${form.title}`,
    recognize(shapes) {
      const [parts, attention] = [partsOf(shapes), attentionOf(shapes)];
      if (parts === undefined || attention === undefined) return undefined;
      const scales = attention.name === 'none' ? [1] : [0.5, 1];
      return {
        kind: 'model',
        config: { ...parts, attention, scales, weights: 'shared', ...imagenetPixels },
      };
    },
    typical,
    nameOf: renamed(names),
    isSpare: fitsAny(['criterion.**', '**.num_batches_tracked']),
  };
}

/** Of all networks together; each asks for its own. */
function typical(classes: number): Record<string, readonly number[]> {
  return {
    ...typicalOcr('ocr.', classes),
    'final.6.weight': [classes, 256, 1, 1],
    'bot_aspp.weight': [256, 1280, 1, 1],
    'bot_fine.weight': [48, 256, 1, 1],
    'backbone.layer0.0.weight': [64, 3, 7, 7],
    'seg_head.0.weight': [256, 720, 3, 3],
    'seg_head.6.weight': [classes, 256, 1, 1],
    'cls_head.0.weight': [256, 720, 3, 3],
    'cls_head.6.weight': [classes, 256, 1, 1],
    'scale_attn.conv0.weight': [256, 512, 3, 3],
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

/** HRNet with two convolutions and a classifier as its head, which lie in a list of this name. */
function plainHrNet(list: string): (shapes: Shapes) => Parts | undefined {
  return (shapes) => {
    const trunk = hrNetOf(shapes, 'backbone.');
    const [channels, classes] = [sideOf(shapes, `${list}.0`, 0), sideOf(shapes, `${list}.6`, 0)];
    if (trunk === undefined || channels === undefined || classes === undefined) return undefined;
    return {
      classes,
      trunk,
      head: { name: 'plain', channels, classifierBias: false, attentionReads: 'trunk' },
    };
  };
}

function sideOf(shapes: Shapes, layer: string, axis: number): number | undefined {
  return shapes.get(`${layer}.weight`)?.[axis];
}

function noAttentionOf(shapes: Shapes): ModelConfig['attention'] | undefined {
  const hasAttention = [...shapes.keys()].some((name) => name.startsWith('scale_attn.'));
  return hasAttention ? undefined : { name: 'none' };
}

function ownAttentionOf(shapes: Shapes): ModelConfig['attention'] | undefined {
  const channels = sideOf(shapes, 'scale_attn.conv0', 0);
  if (channels === undefined) return undefined;
  // MSCALE_INNER_3x3=False leaves the second out.
  const layers = shapes.has('scale_attn.conv1.weight') ? {} : { layers: 1 };
  return { name: 'paper', channels, ...layers, scoreBias: false };
}

/** Its first layer reads what the newer form's does. */
function oldAttentionOf(read: Width): (shapes: Shapes) => ModelConfig['attention'] | undefined {
  return (shapes) => {
    const [channels, width] = shapes.get('scale_attn.0.weight') ?? [];
    if (channels === undefined || width !== read(shapes)) return undefined;
    return { name: 'paper', channels, scoreBias: false };
  };
}

/** Its first layer reads the decoder's input of two scales. */
function pairAttentionOf(shapes: Shapes): ModelConfig['attention'] | undefined {
  const [channels, width] = shapes.get('scale_attn.0.weight') ?? [];
  const single = sideOf(shapes, 'final.0', 1);
  if (channels === undefined || single === undefined || width !== 2 * single) return undefined;
  return { name: 'adjacent', channels, scoreBias: false };
}
