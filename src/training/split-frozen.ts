import { elementCount } from '../base/arrays.js';
import { HmsaError } from '../base/errors/index.js';
import { input, isInput, isVariable, reachable, rebuild, type Tensor } from '../engine/graph/index.js';
import { cast, clip } from '../engine/ops/index.js';
import type { PhaseGraph } from './phase.js';

/** A phase's forward pass in two graphs: what is frozen, and what is trained on the features that it gives. */
export interface SplitPhase {
  /** Features from `images`, in float16, by the name of the input of {@link trained} that takes them. */
  readonly features: Readonly<Record<string, Tensor>>;
  /** The rest of the forward pass. It has these inputs instead of `images`. */
  readonly trained: PhaseGraph;
}

/** The largest finite number of float16. */
const LARGEST = 65_504;

/**
 * Cuts the forward pass of a phase where its trained part begins to read the image's features, so that they can be
 * computed once and kept. Where the trained part reads a resized feature, the cut is before the resizing.
 *
 * The features are rounded to float16, which halves what is kept. The trained part computes with float32.
 *
 * @throws HmsaError that says why the features cannot be kept
 */
export function splitFrozen(graph: PhaseGraph): SplitPhase {
  const { loss, metrics, builder } = graph;
  const bufferUpdates = graph.bufferUpdates ?? builder.bufferUpdates;
  const updates = [...bufferUpdates];
  const targets = {
    loss,
    ...metrics,
    ...Object.fromEntries(updates.map(([, next], i) => [`next/${i}`, next])),
  };
  const trained = new Set<Tensor>([...builder.parameters, ...bufferUpdates.keys()]);
  // What is compared with the labels is computed in every step too, so that the features are those of the image alone.
  const isOfStep = downstream(
    targets,
    (tensor) => trained.has(tensor) || (isInput(tensor) && tensor.attributes.name === 'labels'),
  );
  const isOfImages = downstream(targets, (tensor) => isInput(tensor) && tensor.attributes.name === 'images');
  const cuts = new Set<Tensor>();
  const read = (tensor: Tensor) => {
    if (!isOfStep.has(tensor) && isOfImages.has(tensor)) cuts.add(smallest(tensor));
  };
  for (const tensor of isOfStep) tensor.inputs.forEach(read);
  Object.values(targets).forEach(read);
  for (const cut of [...cuts]) if (followsFrom(cuts, cut)) cuts.delete(cut);
  for (const cut of cuts) requireFrozen(cut);
  const moving = [...bufferUpdates.keys()].find(({ attributes }) => !builder.isTrainable(attributes.name));
  if (moving !== undefined) refuse(`a frozen layer that changes with each batch (${moving.attributes.name})`);
  const inputs = new Map(
    [...cuts].map((cut, i) => [
      cut,
      { name: `features.${i}`, tensor: input(`features.${i}`, cut.shape, 'float16') },
    ]),
  );
  const rebuilt = rebuild<string>(targets, (tensor) => {
    const kept = inputs.get(tensor);
    return kept && cast(kept.tensor, 'float32');
  });
  return {
    features: Object.fromEntries(
      [...inputs].map(([cut, { name }]) => [name, cast(clip(cut, -LARGEST, LARGEST), 'float16')]),
    ),
    trained: {
      ...graph,
      loss: rebuilt.loss!,
      metrics: Object.fromEntries(Object.keys(metrics).map((name) => [name, rebuilt[name]!])),
      bufferUpdates: new Map(updates.map(([variable], i) => [variable, rebuilt[`next/${i}`]!])),
    },
  };
}

/** The tensors that are computed from one that fits, and those that fit. */
function downstream(
  targets: Readonly<Record<string, Tensor>>,
  fits: (tensor: Tensor) => boolean,
): Set<Tensor> {
  const found = new Set<Tensor>();
  for (const tensor of reachable(Object.values(targets)))
    if (fits(tensor) || tensor.inputs.some((operand) => found.has(operand))) found.add(tensor);
  return found;
}

/** The smallest tensor of which a tensor is a resized copy; the tensor itself if it is none. */
function smallest(tensor: Tensor): Tensor {
  let least = tensor;
  const size = ({ shape }: Tensor) => elementCount(shape as number[]);
  for (let at = tensor; at.operator.name === 'resizeBilinear'; ) {
    at = at.inputs[0]!;
    if (size(at) <= size(least)) least = at;
  }
  return least;
}

/** Whether a tensor is computed from others of a set without weights, so that it need not be kept too. */
function followsFrom(others: ReadonlySet<Tensor>, tensor: Tensor): boolean {
  const follows = (operand: Tensor): boolean =>
    others.has(operand) || (!isVariable(operand) && !isInput(operand) && operand.inputs.every(follows));
  return tensor.inputs.length > 0 && tensor.inputs.every(follows);
}

/** @throws HmsaError when a feature changes from epoch to epoch, or is no feature of a network at all */
function requireFrozen(cut: Tensor): void {
  const before = reachable([cut]);
  if (!before.some(isVariable)) refuse('a trained layer that reads the image itself');
  const draws = before.some((tensor) => isInput(tensor) && tensor.attributes.name === 'seed');
  if (draws) refuse('features that depend on random numbers, which differ from step to step');
}

function refuse(received: string): never {
  throw new HmsaError({
    operation: 'config, phases, views',
    expected: 'a phase whose trained layers read only what frozen layers give, which can be kept',
    received,
    remedy: 'Leave views out: each epoch then takes new crops and computes all features.',
  });
}
