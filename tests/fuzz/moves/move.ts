import type { Tensor } from '../../../src/engine/graph/index.js';
import type { Draft } from '../draft.js';

/** Adds one operator to a draft with random operands and options; undefined where the draft offers none. */
export type Move = (draft: Draft) => Tensor | undefined;
