import { type Recognized, type Shapes, type Source, sources } from '../sources/index.js';

/** Whose weights a file holds, and of which architecture. */
export interface Recognition {
  readonly source: Source;
  readonly recognized: Recognized;
}

/**
 * Finds the sources whose weights a file may hold, the likeliest first. The tensors alone do not always tell: some
 * architectures differ in nothing but strides.
 */
export function recognitions(shapes: Shapes, known: readonly Source[] = sources): Recognition[] {
  return known.flatMap((source) => {
    const recognized = source.recognize(shapes);
    return recognized === undefined ? [] : [{ source, recognized }];
  });
}
