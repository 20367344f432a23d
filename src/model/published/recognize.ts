import { HmsaError, printable, suggest } from '../../base/errors/index.js';
import { type Recognized, type Shapes, type Source, sources } from '../sources/index.js';

/** Whose weights a file holds, and of which architecture. */
export interface Recognition {
  readonly source: Source;
  readonly recognized: Recognized;
}

/** Names of a file that an error lists. */
const LISTED = 3;

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

/**
 * The source of a name.
 *
 * @throws HmsaError that suggests a near name
 */
export function sourceNamed(name: string, known: readonly Source[] = sources): Source {
  const found = known.find((source) => source.name === name);
  if (found !== undefined) return found;
  throw new HmsaError({
    operation: '--arch',
    expected: 'the name of a published architecture',
    received: name,
    remedy: suggest(
      name,
      known.map((source) => source.name),
    ),
  });
}

/**
 * Whose weights a file holds.
 *
 * @param arch the source's name, where the caller knows it
 * @throws HmsaError when no source, or not the named one, recognises the file
 */
export function recognize(
  shapes: Shapes,
  where: string,
  arch: string | undefined,
  known: readonly Source[] = sources,
): Recognition & { readonly others: readonly Source[] } {
  const wanted = arch === undefined ? undefined : sourceNamed(arch, known);
  const found = recognitions(shapes, known);
  const best = wanted === undefined ? found[0] : found.find(({ source }) => source === wanted);
  if (best !== undefined) {
    return { ...best, others: found.map(({ source }) => source).filter((source) => source !== best.source) };
  }
  const names = [...shapes].slice(0, LISTED).map(([name, shape]) => `${printable(name, 100)} [${shape}]`);
  const more = shapes.size > LISTED ? `, … (${shapes.size} tensors)` : '';
  const likelier = found[0]?.source;
  throw new HmsaError({
    operation: where,
    expected:
      wanted === undefined ? 'weights of an architecture that is known here' : `weights of ${wanted.title}`,
    received:
      likelier === undefined ? `${names.join(', ') || 'no tensors'}${more}` : `those of ${likelier.title}`,
    remedy:
      likelier === undefined
        ? `There are: ${known.map(({ name }) => name).join(', ')}.`
        : `Leave --arch out, or name ${likelier.name}.`,
  });
}
