export { decodeModel, encodeModel, type Model, refuseNewerModel } from './model-file.js';
