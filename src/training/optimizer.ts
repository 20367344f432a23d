import type { OptimizerConfig } from './config.js';
import { adam, adamW, type Optimizer, sgd } from './optimizers/index.js';

/**
 * The optimiser that a configuration names.
 *
 * @param count what Adam's count of steps is kept under; see its option
 */
export function optimizerOf(config: OptimizerConfig, count?: string): Optimizer {
  const counting = count === undefined ? {} : { count };
  switch (config.name) {
    case 'sgd':
      return sgd(config);
    case 'adam':
      return adam({ ...config, ...counting });
    case 'adamW':
      return adamW({ ...config, ...counting });
  }
}
