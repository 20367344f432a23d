export { SyntheticDataset, type SyntheticParts } from './dataset.js';
export { parseSize, parseSyntheticOptions, type SyntheticOptions } from './options.js';
export type { LabelledPolygon } from './painter.js';
export { renderScene, type Scene, type SceneOptions } from './scene.js';
