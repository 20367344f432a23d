export { openPreviewData, type PreviewData, type PreviewDataOptions } from './open.js';
export {
  type AugmentPresetName,
  augmentPresetNames,
  type Preview,
  type PreviewedSample,
  type PreviewOptions,
  writePreview,
} from './preview.js';
