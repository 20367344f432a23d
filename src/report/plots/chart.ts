import type { Size } from '../../data/index.js';

/** A plot as SVG that needs nothing else. Text has the colour of its surroundings, so that it fits light and dark pages. */
export interface Chart extends Size {
  readonly svg: string;
}
