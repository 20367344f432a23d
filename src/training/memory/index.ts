export {
  type FitOptions,
  type Fitted,
  fitMemory,
  type MemoryChoice,
  most,
  type Training,
} from './fit.js';
export { type PhaseMemory, phaseMemory } from './predict.js';
