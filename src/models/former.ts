import { isRecord } from '../errors/index.js';

/**
 * The configuration of a model as version 0.1 wrote it, in today's words: its transposed attention enlarged four times,
 * whatever the strides of trunk and head. What is no such configuration is returned as it is, for the schema to refuse.
 */
export function formerModel(config: unknown): unknown {
  if (!isRecord(config) || !isRecord(config.attention) || !isRecord(config.trunk)) return config;
  const { attention, trunk } = config;
  const isOther = attention.name === 'transposed' && trunk.outputStride !== 16;
  return isOther ? { ...config, attention: { ...attention, layers: 2 } } : config;
}
