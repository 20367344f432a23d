export { colorize, heatmap, heatmapStops, overlay } from './colorize.js';
export { errorPicture } from './errors.js';
export { escaped, type GridOptions, gridOf, type LegendEntry, type Panel } from './grid.js';
export { type ClassShare, classShares, type Drawing, legendOf, scaleBarOf, stacked } from './legend.js';
export { defaultLine, outline } from './outline.js';
export { safeColors } from './safe-colors.js';
export { CAPITAL, strokesOrText } from './stroke-text.js';
