import { isRecord } from '../base/errors/index.js';

/**
 * Converts the configuration of a model that version 0.1 wrote. Its transposed attention always enlarged four times,
 * independently of the strides of trunk and head. Any other value is returned unchanged; the schema will refuse it.
 */
export function formerModel(config: unknown): unknown {
  if (!isRecord(config) || !isRecord(config.attention) || !isRecord(config.trunk)) return config;
  const { attention, trunk } = config;
  const isOther = attention.name === 'transposed' && trunk.outputStride !== 16;
  return isOther ? { ...config, attention: { ...attention, layers: 2 } } : config;
}
