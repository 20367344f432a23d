export {
  type ClassLoss,
  type QuantizeHooks,
  type QuantizeOptions,
  type QuantizeReport,
  type QuantizeRequest,
  quantizeModel,
} from './quantize.js';
