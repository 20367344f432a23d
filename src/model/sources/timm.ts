import { type MobileNetV2Layer, mobileNetV2Layers } from './mobilenetv2-layers.js';
import { fitsAny } from './renames.js';
import type { Source } from './source.js';
import { countOf, mobileNetV2Of } from './trunk-of.js';

/** Convolution and batch norm of each part of an inverted residual; the first of the network does not expand. */
const parts = {
  expand: ['conv_pw', 'bn1'],
  depthwise: ['conv_dw', 'bn2'],
  project: ['conv_pwl', 'bn3'],
} as const;
const firstParts = { expand: undefined, depthwise: ['conv_dw', 'bn1'], project: ['conv_pw', 'bn2'] } as const;

const layerNames = new Map(
  mobileNetV2Layers.flatMap((layer) => {
    const [convolution, norm] = pathsOf(layer);
    return [
      [layer.convolution, convolution],
      [layer.norm, norm],
    ] as const;
  }),
);

function pathsOf({ part, stage, block, index }: MobileNetV2Layer): readonly [string, string] {
  if (part === 'stem') return ['conv_stem', 'bn1'];
  if (part === 'last') return ['conv_head', 'bn2'];
  const [convolution, norm] = (index === 0 ? firstParts : parts)[part]!;
  return [`blocks.${stage}.${block}.${convolution}`, `blocks.${stage}.${block}.${norm}`];
}

export const timmMobileNetV2: Source = {
  name: 'timm-mobilenetv2',
  title: 'mobilenetv2_050, _100 or _140 of timm',
  recognize(shapes) {
    // Deeper variants, and other networks of inverted residuals, have other counts.
    const counts = String([0, 1, 2, 3, 4, 5, 6].map((stage) => countOf(shapes, `blocks.${stage}.`)));
    if (counts !== '1,2,3,4,3,3,1' || countOf(shapes, 'blocks.') !== 7) return undefined;
    if (!shapes.has('blocks.1.0.conv_pwl.weight') || shapes.has('blocks.1.0.se.conv_reduce.weight'))
      return undefined;
    const trunk = mobileNetV2Of(shapes.get('blocks.6.0.conv_pwl.weight')?.[0]);
    return trunk && { kind: 'trunk', trunk };
  },
  nameOf(variable) {
    const dot = variable.lastIndexOf('.');
    const layer = layerNames.get(variable.slice(0, dot));
    return layer && layer + variable.slice(dot);
  },
  isSpare: fitsAny(['conv_head.*', 'bn2.*', 'classifier.*', '**.num_batches_tracked']),
};
