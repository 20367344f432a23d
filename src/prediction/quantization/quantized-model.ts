import { dequantizeWeight, type QuantizationPlan, quantizeWeight } from '../../engine/passes/index.js';
import type { Model } from '../../model/file/index.js';

/** The model with the weights of the plan's layers rounded to 8 bits. */
export function quantizedModel(model: Model, quantization: QuantizationPlan): Model {
  const weights = new Map(model.weights);
  for (const name of quantization.layers) {
    const { shape, data } = model.weights.get(name)!;
    const rounded = dequantizeWeight(quantizeWeight(data, shape[0]!));
    weights.set(name, { dtype: 'float32', shape, data: rounded });
  }
  return { ...model, weights, quantization };
}
