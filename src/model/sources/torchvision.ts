import { oneScale } from './one-scale.js';
import { fitsAny, renamed } from './renames.js';
import type { Source } from './source.js';
import { countOf, mobileNetV2Of, resNetOf } from './trunk-of.js';

/** Classifiers of torchvision, and of timm, whose ResNets have the same names and layers. */
export const torchvisionResNet: Source = {
  name: 'torchvision-resnet',
  title: 'resnet50 or resnet101 of torchvision or timm',
  recognize(shapes) {
    const name = resNetOf(shapes, '');
    return name && { kind: 'trunk', trunk: { name, outputStride: 32 } };
  },
  nameOf: renamed([['trunk.**', '**']]),
  isSpare: fitsAny(['fc.*', '**.num_batches_tracked']),
};

export const torchvisionMobileNetV2: Source = {
  name: 'torchvision-mobilenetv2',
  title: 'mobilenet_v2 of torchvision',
  recognize(shapes) {
    // A file whose batch norms are folded into the convolutions has no such tensor, and another reader.
    if (!shapes.has('features.0.1.weight')) return undefined;
    const trunk = mobileNetV2Of(shapes.get('features.17.conv.2.weight')?.[0]);
    return trunk && { kind: 'trunk', trunk };
  },
  nameOf: renamed([['trunk.**', '**']]),
  isSpare: fitsAny(['features.18.**', 'classifier.1.*', '**.num_batches_tracked']),
};

/** Dilations that no file states, those that torchvision's constructors have. */
const ASPP_RATES = [12, 24, 36];

export const torchvisionDeepLabV3: Source = {
  name: 'torchvision-deeplabv3',
  title: 'deeplabv3_resnet50 or deeplabv3_resnet101 of torchvision',
  recognize(shapes) {
    const name = resNetOf(shapes, 'backbone.');
    const channels = shapes.get('classifier.0.project.0.weight')?.[0];
    const classes = shapes.get('classifier.4.weight')?.[0];
    // A 1×1 convolution, the dilated ones, the image pooling.
    const rates = countOf(shapes, 'classifier.0.convs.') - 2;
    if (!name || !channels || !classes || rates !== ASPP_RATES.length) return undefined;
    const auxiliary = shapes.has('aux_classifier.4.weight');
    return oneScale({
      classes,
      trunk: { name, outputStride: 8 },
      head: {
        name: 'deeplabv3',
        asppRates: ASPP_RATES,
        channels,
        dropout: 0.5,
        ...(auxiliary ? { auxiliary } : {}),
      },
    });
  },
  typical: (classes) => ({
    'classifier.0.project.0.weight': [256, 1280, 1, 1],
    'classifier.4.weight': [classes, 256, 1, 1],
  }),
  nameOf: renamed([
    ['trunk.**', 'backbone.**'],
    ['head.**', '**'],
  ]),
  isSpare: fitsAny(['**.num_batches_tracked']),
};
