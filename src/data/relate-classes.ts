import { HmsaError } from '../base/errors/index.js';
import { checkClasses } from './check.js';
import { knownRelation } from './common-classes.js';
import { type ClassMap, VOID } from './contracts.js';

/** How the classes of one set become those of another. */
export interface RelatedClasses {
  /** Train id in the one → train id in the other, or {@link VOID} for none; 256 entries. */
  readonly table: Uint8Array;
  /** Classes of the one that the other does not have: their pixels become void. */
  readonly dropped: readonly string[];
  /** Classes of the other that no class of the one becomes. */
  readonly absent: readonly string[];
}

/**
 * Maps classes to those of another set: by a known relation (Mapillary Vistas → Cityscapes → CamVid), otherwise by their
 * names. Against a known relation, only a class that is one class of the other set has a counterpart: CamVid's cars hold the
 * trucks and buses of Cityscapes. Names that differ only in case, spaces, `_` and `-` are equal, unless that makes two names of one set equal.
 *
 * @throws HmsaError when they have no class in common
 */
export function relateClasses(from: ClassMap, to: ClassMap): RelatedClasses {
  checkClasses(from, 'relateClasses, from');
  checkClasses(to, 'relateClasses, to');
  const find = knownCounterpart(from, to) ?? counterpartByName(from, to);
  const table = new Uint8Array(VOID + 1).fill(VOID);
  const dropped: string[] = [];
  from.names.forEach((name, id) => {
    const found = find(name);
    if (found >= 0) table[id] = found;
    else dropped.push(name);
  });
  const absent = to.names.filter((_, id) => !table.subarray(0, from.names.length).includes(id));
  if (absent.length < to.names.length) return { table, dropped, absent };
  throw new HmsaError({
    operation: 'classes of two sets',
    expected: `classes among ${list(to.names)}`,
    received: `only others: ${list(from.names)}`,
    remedy:
      'Give equal classes equal names, in the class file of one of the sets (classes.json), or leave one set out.',
  });
}

/** The train id of a name in the other set; below 0 if it has none. */
type Counterpart = (name: string) => number;

function knownCounterpart(from: ClassMap, to: ClassMap): Counterpart | undefined {
  const coarser = knownRelation(from, to);
  if (coarser !== undefined) return (name) => to.names.indexOf(coarser(name) ?? '');
  const finer = knownRelation(to, from);
  if (finer === undefined) return undefined;
  return (name) => {
    const [only = -1, ...others] = to.names.flatMap((fine, id) => (finer(fine) === name ? [id] : []));
    return others.length === 0 ? only : -1;
  };
}

function counterpartByName(from: ClassMap, to: ClassMap): Counterpart {
  const loose = looseNames(from, to);
  return (name) => {
    const exact = to.names.indexOf(name);
    return exact >= 0 ? exact : (loose.get(name) ?? -1);
  };
}

/** Names of the one that equal exactly one name of the other when they are written alike, with its train id there. */
function looseNames(from: ClassMap, to: ClassMap): Map<string, number> {
  const alike = (name: string) =>
    name
      .normalize('NFC')
      .toLowerCase()
      .replace(/[\s_-]+/g, ' ')
      .trim();
  const only = (names: readonly string[], form: string) =>
    names.filter((name) => alike(name) === form).length === 1;
  const result = new Map<string, number>();
  for (const name of from.names) {
    const form = alike(name);
    if (only(from.names, form) && only(to.names, form))
      result.set(
        name,
        to.names.findIndex((other) => alike(other) === form),
      );
  }
  return result;
}

const SHOWN = 6;

function list(names: readonly string[]): string {
  const more = names.length > SHOWN ? `, … ${names.length - SHOWN} more` : '';
  return `${names.slice(0, SHOWN).join(', ')}${more}`;
}
