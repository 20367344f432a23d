import { type Tensor, tensorsOf } from './tensor.js';

/** All tensors from which the given ones are computed, including themselves, in topological order: inputs first. */
export function reachable(outputs: Iterable<Tensor>): Tensor[] {
  const seen = new Set<Tensor>();
  const pending = tensorsOf('reachable', outputs);
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    pending.push(...tensor.inputs);
  }
  return [...seen].sort((a, b) => a.order - b.order);
}
