import { printable } from '../../base/errors/index.js';
import type { StoredTensor, WeightFile } from './weight-file.js';

type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * What wrappers put before the name of every tensor: DataParallel and averaged models, torch.compile, and the trainers that
 * keep the network as their `model` or `net`. No network that is known here has names that begin so.
 */
const PREFIXES = ['module.', '_orig_mod.', 'model.', 'net.', 'network.', 'state_dict.'];

/** Names that a note lists. */
const LISTED = 3;

/**
 * Takes a wrapper's prefix off where it is the commonest beginning of names, and says so. What stands beside it, such as the
 * weights of a loss, an averaged copy or a count of steps, is no part of the network and left out.
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

/** The tensors whose names begin so, without this beginning. */
export function under(tensors: Tensors, prefix: string): Map<string, StoredTensor> {
  return new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) && name !== prefix ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );
}

/** The wrapper with which as many names begin as with any other first part. */
function commonest(tensors: Tensors): string | undefined {
  const counts = new Map<string, number>();
  for (const name of tensors.keys()) {
    const first = name.slice(0, name.indexOf('.') + 1);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  return PREFIXES.find((prefix) => counts.get(prefix) === most);
}
