import { isRecord } from '../errors/index.js';
import { formerModel } from '../models/index.js';

/**
 * The training configuration of a run that version 0.1 began, in today's words. What is none is returned as it is, for the
 * schema to refuse.
 */
export function formerConfig(config: unknown): unknown {
  if (!isRecord(config)) return config;
  const { scaleLossWeight: perScale, model, ...rest } = config;
  return { ...rest, model: formerModel(model), loss: { main: 'crossEntropy', perScale, auxiliary: 0 } };
}
