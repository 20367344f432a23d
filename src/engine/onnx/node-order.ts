import type { NodeProto } from 'onnx-buf';

/**
 * The nodes in an order that ONNX Runtime opens quickly: breadth first, each as soon as its operands are there.
 *
 * Each pass of ONNX Runtime over a graph sorts its nodes anew. It keeps those whose operands are there in a linked list, by their
 * place in the file, and walks that list for each node that it adds. The backward half of a training step is emitted after the
 * forward half, so thousands of its nodes wait in that list, and a file of 50,000 nodes takes minutes to open. In this order
 * almost every node is taken from the list soon after it is added.
 *
 * The place in the file also decides which operand of a node ONNX Runtime computes first. For the sum of two gradients that is
 * which branch is differentiated first, and so how much memory a step takes. So the operands of an addition keep their order.
 */
export function breadthFirst<Node extends Pick<NodeProto, 'opType' | 'input' | 'output'>>(
  nodes: readonly Node[],
): Node[] {
  const made = new Map(nodes.flatMap(({ output }, place) => output.map((name) => [name, place] as const)));
  const after = nodes.map((): number[] => []);
  const waitsFor = nodes.map(() => 0);
  const wait = (later: number, earlier: number) => {
    after[earlier]!.push(later);
    waitsFor[later]!++;
  };
  nodes.forEach(({ opType, input }, place) => {
    const operands = [...new Set(input)].flatMap((name) => made.get(name) ?? []);
    for (const operand of operands) wait(place, operand);
    if (opType !== 'Add' || operands.length < 2) return;
    const [first, second] = operands.toSorted((a, b) => a - b);
    wait(second!, first!);
  });
  const order = [...nodes.keys()].filter((place) => waitsFor[place] === 0);
  for (const place of order) {
    for (const later of after[place]!) if (--waitsFor[later]! === 0) order.push(later);
  }
  return order.map((place) => nodes[place]!);
}
