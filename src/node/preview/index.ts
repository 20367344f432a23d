export { openPreviewData, type PreviewData } from './open.js';
export {
  type AugmentPresetName,
  augmentPresetNames,
  type Preview,
  type PreviewedSample,
  type PreviewOptions,
  writePreview,
} from './preview.js';
