import { counted, HmsaError, printable, program, suggest } from '../../base/errors/index.js';
import { type Recognized, type Shapes, type Source, sources } from '../sources/index.js';
import { otherNetwork } from './other-networks.js';

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

/** The most parts of a prefix that is tried. */
const DEEPEST = 3;
/** The fewest tensors of a trunk. */
const LEAST_TENSORS = 40;

/** The first trunk of a known source whose names have a prefix, such as the trunk of an unknown segmentation network. */
export function innerTrunk(shapes: Shapes, known?: readonly Source[]): InnerTrunk | undefined {
  return inner(shapes, 'trunk', known);
}

/** The prefix of the names of the first whole network, in a file with several networks. */
function innerModel(shapes: Shapes, known?: readonly Source[]): string | undefined {
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

/** Names of a file that an error lists. */
const LISTED = 3;

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

/** What the caller knows about a file. */
export interface Known {
  /** The source's name. */
  readonly arch?: string;
  /**
   * The number of classes of the network, for a file without the tensors that tell its architecture, such as the classifier.
   * They are then assumed to be as published. Without this number, such a file is refused.
   */
  readonly classes?: number;
}

/**
 * Whose weights a file holds.
 *
 * @throws HmsaError when no source, or not the named one, recognises the file
 */
export function recognize(
  shapes: Shapes,
  where: string,
  { arch, classes }: Known,
  known: readonly Source[] = sources,
): Recognition & { readonly others: readonly Source[] } {
  const wanted = arch === undefined ? undefined : sourceNamed(arch, known);
  const found = recognitions(shapes, known);
  const best = wanted === undefined ? found[0] : found.find(({ source }) => source === wanted);
  if (best !== undefined) {
    return { ...best, others: found.map(({ source }) => source).filter((source) => source !== best.source) };
  }
  const near =
    found.length > 0 && wanted === undefined ? undefined : nearest(shapes, wanted ? [wanted] : known);
  const completed = near && classes !== undefined ? complete(shapes, near.source, classes) : undefined;
  if (completed !== undefined) return { source: near!.source, recognized: completed, others: [] };
  throw unknown(shapes, where, wanted, found[0]?.source, near, known);
}

/** Why a file is of no known source, or not of the wanted one. @param likelier a source that does recognise it */
function unknown(
  shapes: Shapes,
  where: string,
  wanted: Source | undefined,
  likelier: Source | undefined,
  near: Near | undefined,
  known: readonly Source[],
): HmsaError {
  const expected =
    wanted === undefined ? 'weights of an architecture that is known here' : `weights of ${wanted.title}`;
  if (likelier !== undefined) {
    return new HmsaError({
      operation: where,
      expected,
      received: `those of ${likelier.title}`,
      remedy: `Leave --arch out, or name ${likelier.name}.`,
    });
  }
  const whole = innerModel(shapes, known);
  if (whole !== undefined) {
    const entry = printable(whole.slice(0, -1), 100);
    return new HmsaError({
      operation: where,
      expected: 'the weights of one network',
      received: `several sets of tensors, of which the names of one begin with ${entry}`,
      remedy: `Take it with --entry ${entry}, behind the name of the entry that holds it, if there is one.`,
    });
  }
  // The file lacks no more than what tells the head apart.
  if (near !== undefined && complete(shapes, near.source, ANY_CLASSES) !== undefined) return cut(near, where);
  const inner = innerTrunk(shapes, known)?.found[0];
  if (inner?.recognized.kind === 'trunk') {
    return new HmsaError({
      operation: where,
      expected,
      received: `another network around a trunk that is known: ${inner.source.title}`,
      remedy: `Train a head on that trunk: ${program} train --init ${where} --trunk ${inner.recognized.trunk.name}.`,
    });
  }
  const other = otherNetwork(shapes);
  if (near !== undefined && other === undefined) return cut(near, where);
  const names = [...shapes].slice(0, LISTED).map(([name, shape]) => `${printable(name, 100)} [${shape}]`);
  const more = shapes.size > LISTED ? `, … (${counted(shapes.size, 'tensor')})` : '';
  return new HmsaError({
    operation: where,
    expected,
    received: other ?? `${names.join(', ') || 'no tensors'}${more}`,
    remedy: `There are: ${known.map(({ name }) => name).join(', ')}.`,
  });
}

const ANY_CLASSES = 2;

/** The most rounds. In each, the source may ask for more tensors than in the one before. */
const MOST_ROUNDS = 8;

/** The architecture that a source recognises if the missing tensors of a file have the shapes of its published networks. */
function complete(shapes: Shapes, source: Source, classes: number): Recognized | undefined {
  const typical = new Map(Object.entries(source.typical?.(classes) ?? {}));
  const filled = new Map(shapes);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const asked = new AskedShapes(filled);
    const recognized = source.recognize(asked);
    if (recognized !== undefined) return recognized;
    const lacking = [...asked.names].filter((name) => !filled.has(name) && typical.has(name));
    if (lacking.length === 0) return undefined;
    for (const name of lacking) filled.set(name, typical.get(name)!);
  }
  return undefined;
}

/** A source for which a file has some of the tensors, but not all. */
interface Near {
  readonly source: Source;
  readonly absent: readonly string[];
}

/** The source with the most tensors in the file, among those that miss some. */
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

/** Shapes by name that remember which names a source has looked up. */
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
      `original code, or start what is missing anew: --arch ${source.name} --partial --classes FILE.`,
  });
}
