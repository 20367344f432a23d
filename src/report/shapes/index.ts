export { type PolygonFeature, type PolygonOptions, type Polygons, polygons, type Ring } from './polygons.js';
export { type CocoFile, cocoFile, type RunLengths, runLengths } from './run-lengths.js';
export { shapeMemory } from './shape-memory.js';
