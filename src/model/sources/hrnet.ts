import { hrNetOf, ocrOf, typicalOcr } from './hrnet-shapes.js';
import { oneScale } from './one-scale.js';
import { fitsAny, renamed } from './renames.js';
import type { Source } from './source.js';

/**
 * HRNet-Image-Classification, and timm's files of it: the trunk of a classifier. Its fusion enlarges by repetition where
 * segmentation interpolates; NVIDIA's and the authors' own segmentation start from it all the same.
 */
export const hrNetClassification: Source = {
  name: 'hrnet-classification',
  title: "an ImageNet classifier of HRNet's authors or of timm",
  recognize(shapes) {
    const trunk = hrNetOf(shapes, '');
    const isOther = ['conv3x3_ocr.0.weight', 'last_layer.3.weight'].some((name) => shapes.has(name));
    return isOther || trunk === undefined ? undefined : { kind: 'trunk', trunk };
  },
  nameOf: renamed([['trunk.**', '**']]),
  // The first four are the classifier's own.
  isSpare: fitsAny([
    'incre_modules.**',
    'downsamp_modules.**',
    'final_layer.**',
    'classifier.*',
    '**.num_batches_tracked',
  ]),
};

/** The branch HRNet-OCR of HRNet-Semantic-Segmentation, whose resizes align corner pixels. It has one scale. */
export const hrNetOcr: Source = {
  name: 'hrnet-ocr',
  title: "HRNet-OCR of its authors' HRNet-Semantic-Segmentation",
  recognize(shapes) {
    const [trunk, ocr] = [hrNetOf(shapes, ''), ocrOf(shapes, '')];
    if (trunk === undefined || ocr === undefined) return undefined;
    return oneScale({
      classes: ocr.classes,
      trunk: { ...trunk, alignCorners: true },
      head: { ...ocr.head, alignCorners: true },
    });
  },
  typical: (classes) => typicalOcr('', classes),
  // Norm and rectifier are two entries of its lists, where NVIDIA's code has one; inside the OCR block they are one here too.
  nameOf: renamed([
    ['head.conv3x3_ocr.1.0.*', 'conv3x3_ocr.1.*'],
    ['head.aux_head.1.0.*', 'aux_head.1.*'],
    ['head.aux_head.2.*', 'aux_head.3.*'],
    ['head.**', '**'],
    ['trunk.**', '**'],
  ]),
  isSpare: fitsAny(['loss.**', '**.num_batches_tracked']),
};

/**
 * The networks of HRNet-Semantic-Segmentation without OCR: HRNetV2, a 1×1 convolution and a classifier. The files of two forms have the
 * same tensors: the published weights were trained without corner pixels aligned; its branch HRNet-OCR aligns them.
 */
export const hrNetSegmentation = plainHrNet('hrnet-segmentation', '', false);
export const hrNetSegmentationAligned = plainHrNet(
  'hrnet-segmentation-aligned',
  ' in the branch HRNet-OCR',
  true,
);

function plainHrNet(name: string, branch: string, alignCorners: boolean): Source {
  const aligned = alignCorners ? { alignCorners } : {};
  return {
    name,
    title: `seg_hrnet of its authors' HRNet-Semantic-Segmentation${branch}`,
    recognize(shapes) {
      const trunk = hrNetOf(shapes, '');
      const channels = shapes.get('last_layer.0.weight')?.[0];
      const [classes, , height] = shapes.get('last_layer.3.weight') ?? [];
      // FINAL_CONV_KERNEL may be 3, which none of the published configurations has.
      if (trunk === undefined || channels === undefined || classes === undefined || height !== 1)
        return undefined;
      const form = { layers: 1, kernel: 1, convolutionBias: true } as const;
      return oneScale({
        classes,
        trunk: { ...trunk, ...aligned },
        head: { name: 'plain', channels, ...form, ...aligned },
      });
    },
    typical: (classes) => ({
      'last_layer.0.weight': [720, 720, 1, 1],
      'last_layer.3.weight': [classes, 720, 1, 1],
    }),
    nameOf: renamed([
      ['head.conv.0.0.*', 'last_layer.0.*'],
      ['head.conv.0.1.*', 'last_layer.1.*'],
      ['head.classifier.*', 'last_layer.3.*'],
      ['trunk.**', '**'],
    ]),
    isSpare: fitsAny(['loss.**', '**.num_batches_tracked']),
  };
}
