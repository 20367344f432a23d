import type { TrunkConfig } from '../index.js';
import { oneScale } from './one-scale.js';
import { fitsAny, renamed } from './renames.js';
import type { Shapes, Source } from './source.js';
import { countOf, hasShape, resNetOf } from './trunk-of.js';

/** Dilations that no file states: the package's default. */
const ASPP_RATES = [12, 24, 36];

/** The package's default stride. The weights of both are alike, so the other is chosen by name. */
export const smpDeepLabV3Plus = smp(16);
export const smpDeepLabV3PlusStride8 = smp(8);

function smp(outputStride: 8 | 16): Source {
  const atStride = outputStride === 16 ? '' : ' with encoder_output_stride=8';
  return {
    name: `smp-deeplabv3plus${outputStride === 16 ? '' : '-stride8'}`,
    title: `DeepLabV3Plus of segmentation_models.pytorch${atStride}`,
    recognize(shapes) {
      const trunk = encoderOf(shapes, outputStride);
      const channels = shapes.get('decoder.aspp.0.project.0.weight')?.[0];
      const lowLevelChannels = shapes.get('decoder.block1.0.weight')?.[0];
      const classes = shapes.get('segmentation_head.0.weight')?.[0];
      const rates = countOf(shapes, 'decoder.aspp.0.convs.') - 2;
      if (!trunk || !channels || !lowLevelChannels || !classes || rates !== ASPP_RATES.length)
        return undefined;
      return oneScale({
        classes,
        trunk,
        head: {
          name: 'deeplabv3plus-smp',
          asppRates: ASPP_RATES,
          channels,
          lowLevelChannels,
          separable: shapes.has('decoder.aspp.0.convs.1.0.1.weight'),
          dropout: 0.5,
        },
      });
    },
    typical: (classes) => ({
      'decoder.aspp.0.project.0.weight': [256, 1280, 1, 1],
      'decoder.block1.0.weight': [48, 256, 1, 1],
      'segmentation_head.0.weight': [classes, 256, 1, 1],
    }),
    nameOf: renamed([
      ['trunk.**', 'encoder.**'],
      ['head.**', '**'],
    ]),
    // A second output, for the class of a whole image, which some train beside.
    isSpare: fitsAny(['classification_head.**', '**.num_batches_tracked']),
  };
}

/** Its encoders dilate every convolution of a stage that loses its stride, the first block's too. */
function encoderOf(shapes: Shapes, outputStride: 8 | 16): TrunkConfig | undefined {
  const dilated = { outputStride, firstDilation: 'own' } as const;
  const name = resNetOf(shapes, 'encoder.');
  if (name) return { name, ...dilated };
  if (!hasShape(shapes, 'encoder.features.17.conv.2.weight', [320, 960, 1, 1])) return undefined;
  return { name: 'mobilenetv2', width: 1, ...dilated, lastConvolution: true };
}
