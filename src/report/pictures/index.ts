export { type ClassShare, classShares } from './class-shares.js';
export { colorize, overlay } from './colorize.js';
export { heatmap, heatmapStops } from './heatmap.js';
export { type Drawing, legendOf, scaleBarOf, stacked } from './legend.js';
