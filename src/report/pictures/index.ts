export { colorize, heatmap, heatmapStops, overlay } from './colorize.js';
export { type ClassShare, classShares, type Drawing, legendOf, scaleBarOf, stacked } from './legend.js';
export { outline } from './outline.js';
