import { hrNetClassification, hrNetOcr } from './hrnet.js';
import { nvidiaSources } from './nvidia.js';
import type { Source } from './source.js';

export { fitsAny, type Rename, renamed } from './renames.js';
export type { Recognized, Shapes, Source } from './source.js';

/** Every family of published weight files, in the order in which a file is tried. */
export const sources: readonly Source[] = [...nvidiaSources, hrNetOcr, hrNetClassification];
