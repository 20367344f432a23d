import { printable } from '../../base/errors/index.js';
import { Dict, type PickleValue, TensorRecord } from './pickle-values.js';
import type { Refuse } from './weight-file.js';

/** The tensors of a PyTorch file, as it names them, and what was taken and left out. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TensorRecord>;
  readonly notes: readonly string[];
}

/** Where training scripts put the weights, the usual first. */
const USUAL = ['state_dict', 'model_state_dict', 'model'];
/** Dicts within dicts that are looked into: `checkpoint`, its `model`, the `state_dict` of that. */
const DEEPEST = 3;
/** A dict with so many times fewer tensors than another is not the one that is meant. */
const MUCH_FEWER = 4;
const SAVE = 'In Python, save model.state_dict().';
/** Names that a note lists. */
const MOST_LISTED = 12;

interface Candidate {
  /** Its keys from the top, joined by dots; empty for the top itself. */
  readonly path: string;
  /** The last of them. */
  readonly key: string;
  readonly depth: number;
  readonly dict: Dict;
  /** Tensors in it. */
  readonly count: number;
}

/**
 * Finds the dict of tensors in what a file holds: at its usual places, or where most of the tensors are.
 *
 * @param entry the path of the dict, where the caller knows it
 */
export function stateDict(value: PickleValue, entry: string | undefined, refuse: Refuse): StateDict {
  if (!(value instanceof Dict)) {
    const other = value instanceof TensorRecord ? 'a tensor alone' : 'another value';
    return refuse('a dict of tensors', other, SAVE);
  }
  const found = candidates(value);
  const taken = entry === undefined ? choose(found, refuse) : named(found, entry, refuse);
  return { tensors: tensorsOf(taken, refuse), notes: notesOf(value, taken, found) };
}

/** All dicts with tensors, outermost first. */
function candidates(top: Dict): Candidate[] {
  const found: Candidate[] = [];
  const seen = new Set<Dict>([top]);
  let level = [{ path: '', key: '', dict: top }];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    const next: typeof level = [];
    for (const { path, key, dict } of level) {
      const count = dict.entries.filter(isNamedTensor).length;
      if (count > 0) found.push({ path, key, depth, dict, count });
      for (const [key, value] of dict.entries) {
        if (typeof key !== 'string' || !(value instanceof Dict) || seen.has(value)) continue;
        seen.add(value);
        next.push({ path: depth === 0 ? key : `${path}.${key}`, key, dict: value });
      }
    }
    level = next;
  }
  return found;
}

function isNamedTensor([key, value]: Dict['entries'][number]): boolean {
  return typeof key === 'string' && value instanceof TensorRecord;
}

function named(found: readonly Candidate[], entry: string, refuse: Refuse): Candidate {
  const candidate = found.find(({ path }) => path === entry) ?? beginning(found, entry);
  if (candidate !== undefined) return candidate;
  return refuse(
    `tensors under ${printable(entry, 100)}`,
    'none',
    found.length === 0 ? 'The file holds no tensors by name.' : `There are tensors under: ${listed(found)}.`,
  );
}

/** The part of a dict whose names begin with the end of an entry: `state_dict.teacher` where its names are `teacher.…`. */
function beginning(found: readonly Candidate[], entry: string): Candidate | undefined {
  for (const one of found) {
    if (one.path !== '' && !entry.startsWith(`${one.path}.`)) continue;
    const prefix = `${one.path === '' ? entry : entry.slice(one.path.length + 1)}.`;
    const dict = new Dict();
    for (const pair of one.dict.entries) {
      const name = isNamedTensor(pair) ? String(pair[0]) : '';
      if (name.startsWith(prefix)) dict.add(name.slice(prefix.length), pair[1]);
    }
    if (dict.entries.length > 0) return { ...one, path: entry, count: dict.entries.length, dict };
  }
  return undefined;
}

function choose(found: readonly Candidate[], refuse: Refuse): Candidate {
  for (const usual of USUAL) {
    // `checkpoint.state_dict` is as usual as `state_dict`.
    const usuals = found.filter(({ key }) => key === usual);
    const outermost = usuals.filter(({ depth }) => depth === usuals[0]!.depth);
    if (outermost.length === 1) return outermost[0]!;
  }
  if (found.length === 0) return refuse('a dict of tensors', 'none in the file', SAVE);
  // Beside the weights there may be a metric or a scale that is saved as a tensor.
  const [most, second] = found.toSorted((a, b) => b.count - a.count);
  if (most!.count >= MUCH_FEWER * (second?.count ?? 0)) return most!;
  return refuse(
    'one dict of tensors, or one named state_dict or model',
    `tensors under ${listed(found)}`,
    'Name one of them: hmsa import --entry NAME, hmsa train --init-entry NAME. Or, in Python, save that one alone.',
  );
}

function listed(found: readonly Candidate[]): string {
  return shortened(found.map(({ path }) => (path === '' ? 'the top' : path)));
}

function shortened(names: readonly string[]): string {
  const more = names.length - MOST_LISTED;
  const list = names.slice(0, MOST_LISTED).map((name) => printable(name, 60));
  return list.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function tensorsOf({ dict }: Candidate, refuse: Refuse): Map<string, TensorRecord> {
  const tensors = new Map<string, TensorRecord>();
  for (const [key, value] of dict.entries) {
    if (typeof key !== 'string' || !(value instanceof TensorRecord)) continue;
    if (tensors.has(key)) refuse('each tensor once', `${printable(key, 100)} twice`);
    tensors.set(key, value);
  }
  return tensors;
}

function notesOf(top: Dict, taken: Candidate, found: readonly Candidate[]): string[] {
  const others = found.filter((other) => other !== taken && other.path !== '');
  const spare = taken.dict.entries.filter((entry) => !isNamedTensor(entry));
  const beside = taken.dict === top ? [] : top.entries.filter(([, value]) => value !== taken.dict);
  const named = new Set<PickleValue>(others.map(({ dict }) => dict));
  const left = [...beside, ...spare].filter(([, value]) => !named.has(value));
  const names = left.map(([key]) => (typeof key === 'string' ? key : 'an entry without a text as name'));
  return [
    ...(taken.path === '' ? [] : [`took the tensors under ${printable(taken.path, 100)}`]),
    ...(others.length === 0 ? [] : [`left the tensors under ${listed(others)}`]),
    ...(names.length === 0 ? [] : [`left out ${shortened(names)}`]),
  ];
}
