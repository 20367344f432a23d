export { readShippedModel, type ShippedModel, shippedModel } from './shipped-model.js';
