import { gradients } from '../../src/engine/autodiff.js';
import { constant, type Tensor } from '../../src/engine/graph/index.js';
import { addAll, mul, sum } from '../../src/engine/ops/index.js';
import { namedValues } from '../golden/named-values.js';
import { Choices } from './choices.js';
import { Draft, type Leaf, sidesOf } from './draft.js';
import { largest } from './evaluate.js';
import { moves } from './moves/index.js';

/** A random graph of one to six operators, with all that is compared about it. */
export interface RandomGraph {
  readonly leaves: readonly Leaf[];
  /** Results that nothing consumes, and the gradient by each input that the loss depends on. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** The sum of all float results, each weighted with numbers of its own. */
  readonly loss: Tensor | undefined;
  readonly gradients: ReadonlyMap<Tensor, Tensor>;
  /** The names of its moves in their order, for reports. */
  readonly story: string;
}

/** Values are scaled back beyond this, so that chains of products stay inside float32. */
const LARGEST_VALUE = 32;

/** @param prefix begins the names of inputs and outputs, so that many graphs fit into one file */
export function randomGraph(bytes: Uint8Array, prefix: string): RandomGraph {
  const choices = new Choices(bytes);
  const draft = new Draft(choices, prefix);
  const story: string[] = [];
  const results: Tensor[] = [];
  for (let left = choices.int(1, 6); left > 0; left--) {
    const { name, result } = nextMove(draft);
    story.push(name);
    if (result.dtype === 'float32') {
      const bounded = boundedAgain(draft, result);
      draft.floats.push(bounded);
      results.push(bounded);
    } else {
      draft.integers.push(result);
      results.push(result);
    }
  }
  const outputs: Record<string, Tensor> = {};
  const consumed = new Set(results.flatMap((result) => [...consumedBy(result)]));
  const terms: Tensor[] = [];
  results
    .filter((result) => !consumed.has(result))
    .forEach((result, i) => {
      outputs[`${prefix}y${i}`] = result;
      if (result.dtype !== 'float32') return;
      const shape = sidesOf(result);
      terms.push(
        sum(mul(result, constant(namedValues(`${prefix}cotangent ${i}`, shape), shape)), undefined, {
          keepAxes: false,
        }),
      );
    });
  const loss = terms.length === 0 ? undefined : addAll(terms);
  const wanted = draft.leaves.map(({ tensor }) => tensor).filter(({ dtype }) => dtype === 'float32');
  const found = loss === undefined ? new Map<Tensor, Tensor>() : gradients(loss, wanted);
  for (const leaf of wanted) {
    const gradient = found.get(leaf);
    if (gradient !== undefined) outputs[`gradient ${leaf.attributes.name}`] = gradient;
  }
  return { leaves: draft.leaves, outputs, loss, gradients: found, story: story.join(' → ') };
}

/** The first move that the draft offers, from a random one on. */
function nextMove(draft: Draft): { name: string; result: Tensor } {
  const names = Object.keys(moves);
  const first = draft.choices.int(0, names.length - 1);
  for (let i = 0; i < names.length; i++) {
    const name = names[(first + i) % names.length]!;
    const result = moves[name]!(draft);
    if (result !== undefined && draft.fits(sidesOf(result))) return { name, result };
  }
  throw new Error('No move fits: there is always one that does.');
}

function boundedAgain(draft: Draft, result: Tensor): Tensor {
  const most = largest(draft.valueOf(result).data);
  return most > LARGEST_VALUE ? mul(result, 2 ** -Math.ceil(Math.log2(most))) : result;
}

function* consumedBy(result: Tensor): Generator<Tensor> {
  for (const operand of result.inputs) {
    yield operand;
    yield* consumedBy(operand);
  }
}
