import type { NdArray } from '../base/arrays.js';
import { HmsaError } from '../base/errors/index.js';
import type { Model } from '../model/file/index.js';

/**
 * Joins networks that were trained at one scale each into a model with one network per scale and no attention. Their scales can
 * be averaged, and training can start from it (`init`), as the replication does in its second step.
 *
 * @param networks models of one scale, each of another, with the same architecture and classes
 * @throws HmsaError when they do not fit together
 */
export function joinNetworks(networks: readonly Model[]): Model {
  const [first, ...others] = networks;
  const form = ({ config: { scales: _, attention: __, weights: ___, ...rest }, classes }: Model) =>
    JSON.stringify([rest, classes.names]);
  const scales = networks.flatMap(({ config }) => config.scales);
  const isOneEach =
    networks.every(({ config }) => config.scales.length === 1) && new Set(scales).size === networks.length;
  if (first === undefined || !isOneEach || others.some((other) => form(other) !== form(first))) {
    throw new HmsaError({
      operation: 'joining networks',
      expected: 'models of one architecture and the same classes, each trained at one other scale',
      received: `models of the scales ${networks.map(({ config }) => `[${config.scales.join(', ')}]`).join(', ')}`,
      remedy: 'Train each with model.scales set to its one scale.',
    });
  }
  const weights = new Map<string, NdArray<'float32'>>(
    networks.flatMap(({ config, weights }) =>
      [...weights]
        .filter(([name]) => !name.startsWith('attention.'))
        .map(
          ([name, value]) =>
            [`scale${config.scales[0]}.${name.replace(/^scale[\d.]+\./, '')}`, value] as const,
        ),
    ),
  );
  return {
    ...first,
    config: { ...first.config, scales, weights: 'perScale', attention: { name: 'none' } },
    weights,
  };
}
