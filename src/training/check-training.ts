import { HmsaError } from '../base/errors/index.js';
import { input, scaled } from '../engine/graph/index.js';
import { attentions, heads, leastSide, type ModelConfig, smallSideRemedy, trunks } from '../model/index.js';
import { Builder } from '../model/layers/index.js';
import { parseBytes } from './bytes.js';
import { checkConfig, type PhaseConfig, type TrainConfig } from './config.js';
import { leastRegionSide } from './losses/index.js';
import { phaseGraph } from './phase.js';
import { checkFreezing, phaseRule } from './phase-rule.js';
import { splitFrozen } from './split-frozen.js';

/** Keys of the loss that change the cross-entropy alone. */
const crossEntropyKeys = ['imageWeights', 'hardExamples', 'relaxBorders'] as const;

/** Pixels of a batch at the largest scale: 64 images of 2048×1024, whose activations no memory holds. */
const MOST_PIXELS = 2 ** 27;

/**
 * Checks that a model can be trained with a configuration.
 *
 * @throws HmsaError that names the key
 */
export function checkTraining(model: ModelConfig, config: TrainConfig): void {
  const { crop, phases, classWeights, batch } = checkConfig(config, 'config');
  if (config.memory !== undefined) parseBytes(config.memory, 'config, memory');
  checkEarlyStop(config);
  checkFreezing(model, config);
  checkRecalibration(config);
  const least = leastSide(model, model.scales);
  if (Math.min(...crop) < least) {
    throw new HmsaError({
      operation: 'config, crop',
      expected: `sides of at least ${least}: fewer pixels at scale ${Math.min(...model.scales)} leave the trunk one cell`,
      received: `[${crop.join(', ')}]`,
      remedy: smallSideRemedy('Enlarge the crop', model, model.scales, Math.min(...crop)),
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
  for (const phase of phases) if (phase.views !== undefined) checkViews(phase, model, config);
  if (classWeights !== 'equal' && classWeights.length !== model.classes) {
    throw new HmsaError({
      operation: 'config, classWeights',
      expected: `${model.classes} weights, one for each class of the data`,
      received: String(classWeights.length),
      remedy: 'Give one weight for each class, or "equal".',
    });
  }
  checkLoss(config);
}

/** Checks that the parts of the loss go together, and that the crop holds a region of RMI. */
function checkLoss({ crop, loss, classWeights }: TrainConfig): void {
  const isRmi = loss.main === 'rmi';
  const least = leastRegionSide(loss.rmi);
  if (isRmi && Math.min(...crop) < least) {
    throw new HmsaError({
      operation: 'config, crop',
      expected: `sides of at least ${least}: RMI compares regions of ${loss.rmi?.radius ?? 3} × ${loss.rmi?.radius ?? 3} averages of ${loss.rmi?.pool ?? 4} × ${loss.rmi?.pool ?? 4} pixels`,
      received: `[${crop.join(', ')}]`,
      remedy: 'Enlarge the crop, or lower loss.rmi.pool or loss.rmi.radius.',
    });
  }
  const alone = crossEntropyKeys.find((key) => loss[key] !== undefined);
  if (isRmi && alone !== undefined) {
    throw new HmsaError({
      operation: `config, loss.${alone}`,
      expected: 'loss.main "crossEntropy", to which it belongs',
      received: '"rmi"',
      remedy: `Leave loss.${alone} out, or choose the other loss.`,
    });
  }
  if (classWeights === 'equal' || !(isRmi || loss.imageWeights !== undefined)) return;
  throw new HmsaError({
    operation: 'config, classWeights',
    expected: isRmi
      ? '"equal": RMI has no class weights'
      : '"equal" beside loss.imageWeights, which weigh the classes already',
    received: `[${classWeights.join(', ')}]`,
    remedy: `Set classWeights to "equal", or ${isRmi ? 'loss.main to "crossEntropy"' : 'leave loss.imageWeights out'}.`,
  });
}

/** @throws HmsaError when a phase freezes the statistics that it measures anew */
function checkRecalibration({ phases }: TrainConfig): void {
  const i = phases.findIndex(
    ({ batchNorm, recalibrate }) => batchNorm === 'frozen' && recalibrate !== undefined,
  );
  if (i < 0) return;
  throw new HmsaError({
    operation: `config, phases[${i}]`,
    expected: 'batch norms that are frozen or recalibrated',
    received: 'batchNorm frozen and recalibrate',
    remedy: 'Leave one of them out. batchNorm fixedStatistics can be recalibrated.',
  });
}

/** @throws HmsaError when phases may end early, but nothing is validated */
function checkEarlyStop({ validateEvery, earlyStop, phases }: TrainConfig): void {
  const isAsked = [earlyStop, ...phases.map((phase) => phase.earlyStop)].some((rule) => rule);
  if (!isAsked || validateEvery > 0) return;
  throw new HmsaError({
    operation: 'config, earlyStop',
    expected: 'validations, whose mean IoU decides when a phase ends',
    received: 'validateEvery 0',
    remedy: 'Set validateEvery to 1, or leave earlyStop out.',
  });
}

/** @throws HmsaError when a phase with views also trains the layers that compute its features, or they cannot be kept */
function checkViews(phase: PhaseConfig, model: ModelConfig, config: TrainConfig): void {
  const { batch, crop, loss } = config;
  if (phase.kind !== 'attention') {
    throw new HmsaError({
      operation: 'config, phases, views',
      expected: 'no views but in the phase attention',
      received: `views in the phase ${phase.kind}, which trains the trunk and the head, so that their features change with each step`,
      remedy: 'Leave views out of this phase.',
    });
  }
  splitFrozen(phaseGraph(model, { ...phaseRule(config, phase), batch: [batch, ...crop], loss }));
}

/** Warnings about settings that work but are probably a mistake, one line each. */
export function configWarnings(model: ModelConfig, config: TrainConfig): string[] {
  return [
    ...sizeWarnings(model, config),
    ...idleRecomputation(model, config),
    ...idleLoss(model, config),
    ...shiftedFeatures(model, config),
  ];
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

function shiftedFeatures({ scales }: ModelConfig, { phases }: TrainConfig): string[] {
  const isShifted = phases.some(({ kind, batchNorm }) => kind === 'refinement' && batchNorm === 'trained');
  if (!isShifted || scales.length < 2) return [];
  return [
    'batchNorm "trained" in the phase refinement shifts the features that the frozen attention was trained on; ' +
      'fixedStatistics does not',
  ];
}

function idleRecomputation({ scales }: ModelConfig, { recompute, phases }: TrainConfig): string[] {
  const isUsed = scales.length > 1 && phases.some(({ kind }) => kind === 'refinement' || kind === 'joint');
  if (recompute === 'none' || isUsed) return [];
  return [
    'recompute "scales" saves nothing here: it is for the phases refinement and joint, with two scales or more',
  ];
}

function idleLoss(
  { scales }: ModelConfig,
  { loss: { main, rmi, attention = 0 }, phases }: TrainConfig,
): string[] {
  const isTaught = scales.length > 1 && phases.some(({ kind }) => kind === 'attention' || kind === 'joint');
  return [
    ...(rmi === undefined || main === 'rmi' ? [] : ['loss.rmi has no effect: loss.main is "crossEntropy"']),
    ...(attention === 0 || isTaught
      ? []
      : ['loss.attention has no effect: it is for the phases attention and joint, with two scales or more']),
  ];
}
