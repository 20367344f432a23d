import type { StoredTensor, WeightFile } from './weight-file.js';

/**
 * What wrappers put before the name of every tensor: DataParallel and averaged models, torch.compile, and the trainers that
 * keep the network as their `model`.
 */
const PREFIXES = ['module.', '_orig_mod.', 'model.'];
/** What a wrapper adds beside them: the steps of an averaged model. */
const OWN = new Set(['n_averaged']);

/** Takes off prefixes that all names have, and says so. */
export function withoutWrappers(
  tensors: ReadonlyMap<string, StoredTensor>,
): Pick<WeightFile, 'tensors' | 'notes'> {
  const taken: string[] = [];
  let current = tensors;
  for (;;) {
    const names = [...current.keys()].filter((name) => !OWN.has(name));
    const prefix = PREFIXES.find(
      (prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix)),
    );
    if (prefix === undefined) break;
    current = new Map(
      [...current].map(([name, tensor]) => [OWN.has(name) ? name : name.slice(prefix.length), tensor]),
    );
    taken.push(prefix);
  }
  return { tensors: current, notes: taken.length === 0 ? [] : [`took ${taken.join('')} off every name`] };
}
