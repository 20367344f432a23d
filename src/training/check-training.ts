import { HmsaError } from '../base/errors/index.js';
import { input, scaled } from '../engine/graph/index.js';
import { attentions, heads, leastSide, type ModelConfig, trunks } from '../model/index.js';
import { Builder } from '../model/layers/index.js';
import { checkConfig, type PhaseKind, type TrainConfig } from './config.js';
import { phaseGraph } from './phase.js';
import { splitFrozen } from './split-frozen.js';

/** Pixels of a batch at the largest scale: 64 images of 2048×1024, whose activations no memory holds. */
const MOST_PIXELS = 2 ** 27;

/**
 * Checks that a model can be trained with a configuration.
 *
 * @throws HmsaError that names the key
 */
export function checkTraining(model: ModelConfig, config: TrainConfig): void {
  const { crop, phases, classWeights, batch } = checkConfig(config, 'config');
  const least = leastSide(model, model.scales);
  if (Math.min(...crop) < least) {
    throw new HmsaError({
      operation: 'config, crop',
      expected: `sides of at least ${least}: fewer pixels at scale ${Math.min(...model.scales)} leave the trunk one cell`,
      received: `[${crop.join(', ')}]`,
      remedy: 'Enlarge the crop, or leave out the small scales.',
    });
  }
  attentions.get(model.attention.name).check?.(model.scales, model.scales, model.attention);
  const largest = Math.max(...model.scales);
  const pixels = batch * crop[0] * crop[1] * largest ** 2;
  if (pixels > MOST_PIXELS) {
    throw new HmsaError({
      operation: 'config, batch and crop',
      expected: `at most ${MOST_PIXELS} pixels in a batch at the largest scale`,
      received: `${Math.round(pixels)}: ${batch} of ${crop.join('×')} at scale ${largest}`,
      remedy:
        'Lower batch or crop. With accumulate a step sees a larger batch in the memory of a smaller one.',
    });
  }
  if (model.scales.length < 2 && phases.some(({ kind }) => kind === 'attention')) {
    throw new HmsaError({
      operation: 'config, phases',
      expected: 'two scales or more for the phase attention, which weighs one against another',
      received: `scales [${model.scales.join(', ')}]`,
      remedy: 'Add a scale to model.scales, or leave the phase out.',
    });
  }
  for (const { kind, views } of phases) if (views !== undefined) checkViews(kind, model, config);
  if (classWeights !== 'equal' && classWeights.length !== model.classes) {
    throw new HmsaError({
      operation: 'config, classWeights',
      expected: `${model.classes} weights, one for each class of the data`,
      received: String(classWeights.length),
      remedy: 'Give one weight for each class, or "equal".',
    });
  }
}

/** @throws HmsaError when a phase with views trains what gives its features, or its features cannot be kept */
function checkViews(kind: PhaseKind, model: ModelConfig, { batch, crop, loss }: TrainConfig): void {
  if (kind !== 'attention') {
    throw new HmsaError({
      operation: 'config, phases, views',
      expected: 'no views but in the phase attention',
      received: `views in the phase ${kind}, which trains the trunk and the head, so that their features change with each step`,
      remedy: 'Leave views out of this phase.',
    });
  }
  splitFrozen(phaseGraph(model, { kind, batch: [batch, ...crop], loss }));
}

/** Warnings about settings that work but are probably a mistake, one line each. */
export function configWarnings(model: ModelConfig, config: TrainConfig): string[] {
  return [...sizeWarnings(model, config), ...idleRecomputation(model, config)];
}

/** What trunk and head say about the smallest image that they are trained on. */
function sizeWarnings(model: ModelConfig, { crop }: TrainConfig): string[] {
  const [trunk, head] = [trunks.get(model.trunk.name), heads.get(model.head.name)];
  const scale = Math.min(...model.scales);
  const size = crop.map((side) => scaled(side, scale)) as [number, number];
  const { root } = new Builder({ inference: true });
  const image = input('image', [1, 3, ...size]);
  const features = trunk.build(root, image, model.trunk);
  const found = [
    ...(trunk.doubts?.(size, model.trunk) ?? []),
    ...(head.doubts?.(features, model.head) ?? []),
  ];
  return found.map((doubt) => `at a ${crop.join('×')} crop and scale ${scale}, ${doubt}`);
}

function idleRecomputation({ scales }: ModelConfig, { recompute, phases }: TrainConfig): string[] {
  const isUsed = scales.length > 1 && phases.some(({ kind }) => kind === 'refinement' || kind === 'joint');
  if (recompute === 'none' || isUsed) return [];
  return [
    'recompute "scales" saves nothing here: it is for the phases refinement and joint, with two scales or more',
  ];
}
