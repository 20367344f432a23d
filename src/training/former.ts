import { isRecord } from '../base/errors/index.js';
import { formerModel } from '../model/index.js';

/**
 * The training configuration of a run that version 0.1 began, in today's words. Its heads had no second classifier, so
 * that any weight of one's loss is right. What is no such configuration is returned as it is, for the
 * schema to refuse.
 */
export function formerConfig(config: unknown): unknown {
  if (!isRecord(config)) return config;
  const { scaleLossWeight: perScale, model, ...rest } = config;
  return { ...rest, model: formerModel(model), loss: { main: 'crossEntropy', perScale, auxiliary: 0.4 } };
}
