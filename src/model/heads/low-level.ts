import { HmsaError } from '../../base/errors/index.js';
import type { Feature } from '../trunks/trunk.js';

/** The stride of the low-level features that a decoder concatenates with the context. */
const LOW_LEVEL_STRIDE = 4;

/** The features at stride 4. @throws HmsaError that names the head when the trunk has none */
export function lowLevelOf(features: readonly Feature[], head: string): Feature {
  const found = features.find(({ stride }) => stride === LOW_LEVEL_STRIDE);
  if (found !== undefined) return found;
  throw new HmsaError({
    operation: `model, head ${head}`,
    expected: `a trunk with features at stride ${LOW_LEVEL_STRIDE}`,
    received: `features at ${features.map(({ stride }) => stride).join(', ')}`,
    remedy: 'Choose another trunk or another head.',
  });
}
