export { RENDERER_VERSION, SyntheticDataset, type SyntheticParts } from './dataset.js';
export { parseSize, parseSyntheticOptions, type SyntheticOptions } from './options.js';
export type { LabelledPolygon } from './painter.js';
export { renderScene, type Scene, type SceneOptions, sceneId } from './scene.js';
