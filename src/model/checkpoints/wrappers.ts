import { printable } from '../../base/errors/index.js';
import type { StoredTensor, WeightFile } from './weight-file.js';

type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * The prefixes that wrappers add to the name of every tensor: DataParallel, averaged models, torch.compile, and trainers that
 * keep the network as `model` or `net`. No known network has names that begin with one of them.
 */
const PREFIXES = ['module.', '_orig_mod.', 'model.', 'net.', 'network.', 'state_dict.'];

/** Names that a note lists. */
const LISTED = 3;

/**
 * Removes the prefix of a wrapper if most names begin with it, and says so in a note. Tensors without the prefix are left out,
 * because they do not belong to the network: the weights of a loss, an averaged copy, a count of steps.
 */
export function withoutWrappers(tensors: Tensors): Pick<WeightFile, 'tensors' | 'notes'> {
  const taken: string[] = [];
  const left: string[] = [];
  let current = tensors;
  for (let prefix = commonest(current); prefix !== undefined; prefix = commonest(current)) {
    left.push(...[...current.keys()].filter((name) => !name.startsWith(prefix!)));
    current = under(current, prefix);
    taken.push(prefix);
  }
  const more = left.length > LISTED ? ` and ${left.length - LISTED} more` : '';
  const listed = left.slice(0, LISTED).map((name) => printable(name, 60));
  return {
    tensors: current,
    notes: [
      ...(taken.length === 0 ? [] : [`took ${taken.join('')} off every name`]),
      ...(left.length === 0
        ? []
        : [
            `left out ${listed.join(', ')}${more}, which ${left.length === 1 ? 'stands' : 'stand'} beside it`,
          ]),
    ],
  };
}

/** The tensors whose names begin with a prefix, by the rest of their names. */
export function under(tensors: Tensors, prefix: string): Map<string, StoredTensor> {
  return new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) && name !== prefix ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );
}

/** The wrapper's prefix that names begin with, if no other first part of a name is more frequent. */
function commonest(tensors: Tensors): string | undefined {
  const counts = new Map<string, number>();
  for (const name of tensors.keys()) {
    const first = name.slice(0, name.indexOf('.') + 1);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  return PREFIXES.find((prefix) => counts.get(prefix) === most);
}
