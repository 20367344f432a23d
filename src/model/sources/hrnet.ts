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
    const isOther = shapes.has('conv3x3_ocr.0.weight') || trunk === undefined;
    return isOther ? undefined : { kind: 'trunk', trunk };
  },
  nameOf: renamed([['trunk.**', '**']]),
  // The first four are the classifier's own; the last is that of the authors' segmentation without OCR.
  isSpare: fitsAny([
    'incre_modules.**',
    'downsamp_modules.**',
    'final_layer.**',
    'classifier.*',
    'last_layer.**',
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
