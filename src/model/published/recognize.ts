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
  const near = likelier === undefined ? nearest(shapes, wanted === undefined ? known : [wanted]) : undefined;
  if (near !== undefined) throw cut(near, where);
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

/** A source that has asked for some tensors that a file has, and for others that it has not. */
interface Near {
  readonly source: Source;
  readonly absent: readonly string[];
}

/** The source that knows most of what it asks for, of those that ask for something the file lacks. */
function nearest(shapes: Shapes, known: readonly Source[]): Near | undefined {
  let best: Near | undefined;
  let most = 0;
  for (const source of known) {
    const asked = new AskedShapes(shapes);
    source.recognize(asked);
    const absent = [...asked.names].filter((name) => !shapes.has(name));
    const present = asked.names.size - absent.length;
    if (absent.length > 0 && present > Math.max(most, absent.length))
      [best, most] = [{ source, absent }, present];
  }
  return best;
}

/** Notes the names that a source asks for. */
class AskedShapes extends Map<string, readonly number[]> {
  readonly names = new Set<string>();

  override get(name: string): readonly number[] | undefined {
    this.names?.add(name);
    return super.get(name);
  }

  override has(name: string): boolean {
    this.names?.add(name);
    return super.has(name);
  }
}

function cut({ source, absent }: Near, where: string): HmsaError {
  const listed = absent.slice(0, LISTED).map((name) => printable(name, 100));
  return new HmsaError({
    operation: where,
    expected: `weights of an architecture that is known here, such as ${source.title} (${source.name}), which is the nearest`,
    received: `a file without ${listed.join(', ')}`,
    remedy:
      'If it is of another architecture, it cannot be read; otherwise save the whole state dict, under the names of the ' +
      'original code.',
  });
}
