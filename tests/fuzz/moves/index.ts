import { conversionMoves } from './conversion.js';
import { convolutionMoves } from './convolution.js';
import { elementwiseMoves } from './elementwise.js';
import { labelMoves } from './labels.js';
import { layoutMoves } from './layout.js';
import type { Move } from './move.js';
import { normalizationMoves } from './normalization.js';
import { poolingMoves } from './pooling.js';
import { quantizationMoves } from './quantization.js';
import { reductionMoves } from './reductions.js';
import { resizeMoves } from './resize.js';

/** A move for every operator, by the name that `src/engine/ops` exports it under. */
export const moves: Readonly<Record<string, Move>> = {
  ...convolutionMoves,
  ...conversionMoves,
  ...elementwiseMoves,
  ...labelMoves,
  ...layoutMoves,
  ...normalizationMoves,
  ...poolingMoves,
  ...quantizationMoves,
  ...reductionMoves,
  ...resizeMoves,
};
