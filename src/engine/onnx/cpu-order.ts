import type { Tensor } from '../graph/index.js';
import { breadthFirst } from './node-order.js';

/** When ONNX Runtime's CPU comes to the tensors of a graph. */
export interface CpuOrder {
  /** In the order in which it puts channels into blocks. */
  readonly tensors: readonly Tensor[];
  /** The place of a tensor's node in the file. */
  readonly inFile: ReadonlyMap<Tensor, number>;
  /** The place of a tensor among those that it computes within others, or otherwise differently than the file says. */
  readonly whenFused: ReadonlyMap<Tensor, number>;
}

/**
 * Each pass of ONNX Runtime walks a graph {@link backwards}, and what it makes anew comes after all that was there. So each pass turns
 * branches around, and the last one decides which of them waits in memory while the other is computed.
 *
 * @param tensors what is computed, operands first
 * @param fusedInto the convolution within which a tensor is computed, if there is one
 */
export function cpuOrder(
  outputs: readonly Tensor[],
  tensors: readonly Tensor[],
  fusedInto: (tensor: Tensor) => Tensor | undefined,
): CpuOrder {
  const computed = new Set(tensors);
  const readsOf = ({ inputs }: Tensor) => [...new Set(inputs)].filter((each) => computed.has(each));
  const inFile = placesOf(fileOrder(tensors, readsOf));
  const met = backwards(outputs, readsOf, (a, b) => inFile.get(a)! - inFile.get(b)!);
  const whenFused = placesOf(met);
  const afterFusion = new Map(inFile);
  for (const tensor of met) {
    const convolution = fusedInto(tensor);
    if (convolution === undefined) continue;
    const place = met.length + whenFused.get(convolution)!;
    afterFusion.set(convolution, place).set(tensor, place);
  }
  const later = (a: Tensor, b: Tensor) => afterFusion.get(a)! - afterFusion.get(b)!;
  return { tensors: backwards(outputs, readsOf, later), inFile, whenFused };
}

/** The order of the nodes in the file: see {@link breadthFirst}. */
function fileOrder(tensors: readonly Tensor[], readsOf: (tensor: Tensor) => readonly Tensor[]): Tensor[] {
  const nodes = tensors.map((tensor) => ({
    tensor,
    opType: tensor.operator.name === 'add' ? 'Add' : '',
    input: readsOf(tensor).map(({ order }) => String(order)),
    output: [String(tensor.order)],
  }));
  return breadthFirst(nodes).map(({ tensor }) => tensor);
}

function placesOf<Node>(nodes: readonly Node[]): Map<Node, number> {
  return new Map(nodes.map((node, place) => [node, place] as const));
}

/**
 * Nodes in the order in which ONNX Runtime runs them: backwards from the results, and of what a node reads, what comes last is run
 * first.
 */
export function backwards<Node>(
  results: readonly Node[],
  readsOf: (next: Node) => readonly Node[],
  compare: (a: Node, b: Node) => number,
): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const open = results.toSorted(compare).map((next) => ({ next, isReady: false }));
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const { next, isReady } = top;
    if (isReady) order.push(next);
    if (isReady || seen.has(next)) continue;
    seen.add(next);
    open.push({ next, isReady: true });
    for (const read of readsOf(next).toSorted(compare)) open.push({ next: read, isReady: false });
  }
  return order;
}
