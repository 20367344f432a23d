import { adam, adamW, type Optimizer, sgd } from '../optim/index.js';
import type { OptimizerConfig } from './config.js';

/** The optimiser that a configuration names. */
export function optimizerOf(config: OptimizerConfig): Optimizer {
  switch (config.name) {
    case 'sgd':
      return sgd(config);
    case 'adam':
      return adam(config);
    case 'adamW':
      return adamW(config);
  }
}
