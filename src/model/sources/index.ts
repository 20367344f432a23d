import type { Source } from './source.js';

export type { Recognized, Shapes, Source } from './source.js';

/** Every family of published weight files, in the order in which a file is tried. */
export const sources: readonly Source[] = [];
