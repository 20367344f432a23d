import { hrNetClassification, hrNetOcr, hrNetSegmentation, hrNetSegmentationAligned } from './hrnet.js';
import {
  keras2MobileNetV2,
  keras3MobileNetV2,
  kerasOrderedMobileNetV2,
  tensorFlowMobileNetV2,
} from './keras.js';
import { nvidiaSources } from './nvidia.js';
import { smpDeepLabV3Plus, smpDeepLabV3PlusStride8 } from './smp.js';
import type { Source } from './source.js';
import { timmMobileNetV2 } from './timm.js';
import { torchvisionDeepLabV3, torchvisionMobileNetV2, torchvisionResNet } from './torchvision.js';

export { fitsAny, type Rename, renamed } from './renames.js';
export type { Recognized, Shapes, Source } from './source.js';

/** Every family of published weight files, in the order in which a file is tried. */
export const sources: readonly Source[] = [
  ...nvidiaSources,
  hrNetOcr,
  hrNetSegmentation,
  hrNetSegmentationAligned,
  hrNetClassification,
  torchvisionDeepLabV3,
  smpDeepLabV3Plus,
  smpDeepLabV3PlusStride8,
  torchvisionResNet,
  torchvisionMobileNetV2,
  timmMobileNetV2,
  keras3MobileNetV2,
  keras2MobileNetV2,
  kerasOrderedMobileNetV2,
  tensorFlowMobileNetV2,
];
