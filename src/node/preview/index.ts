export {
  type AugmentPresetName,
  augmentPresetNames,
  type PreviewedSample,
  type PreviewOptions,
  writePreview,
} from './preview.js';
