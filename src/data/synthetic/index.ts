export type { LabelledPolygon } from './painter.js';
export { renderScene, type Scene, type SceneOptions, sceneId } from './scene.js';
