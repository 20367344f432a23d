export {
  parseSize,
  parseSyntheticOptions,
  SyntheticDataset,
  type SyntheticOptions,
  type SyntheticParts,
} from './dataset.js';
export type { LabelledPolygon } from './painter.js';
export { renderScene, type Scene, type SceneOptions } from './scene.js';
