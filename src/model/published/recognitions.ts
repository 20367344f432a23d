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

/** A trunk that lies in a larger network which is not known. */
export interface InnerTrunk {
  /** What its tensors' names begin with: `backbone.`. */
  readonly prefix: string;
  readonly found: readonly Recognition[];
}

/** Parts of names that are looked behind. */
const DEEPEST = 3;
/** Fewer tensors are no trunk. */
const LEAST_TENSORS = 40;

/** The first trunk of a known source under a part of the names, such as that of another segmentation network. */
export function innerTrunk(shapes: Shapes, known?: readonly Source[]): InnerTrunk | undefined {
  return inner(shapes, 'trunk', known);
}

/** What the names of the first whole network begin with, in a file that has several. */
export function innerModel(shapes: Shapes, known?: readonly Source[]): string | undefined {
  return inner(shapes, 'model', known)?.prefix;
}

function inner(shapes: Shapes, kind: 'trunk' | 'model', known?: readonly Source[]): InnerTrunk | undefined {
  const counts = new Map<string, number>();
  for (const name of shapes.keys()) {
    const parts = name.split('.').slice(0, -1);
    for (let depth = 1; depth <= Math.min(DEEPEST, parts.length); depth++) {
      const prefix = `${parts.slice(0, depth).join('.')}.`;
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  for (const [prefix, count] of counts) {
    if (count < LEAST_TENSORS) continue;
    const within = new Map(
      [...shapes].flatMap(([name, shape]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), shape] as const] : [],
      ),
    );
    const found = recognitions(within, known).filter(({ recognized }) => recognized.kind === kind);
    if (found.length > 0) return { prefix, found };
  }
  return undefined;
}
