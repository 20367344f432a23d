export { type WriteSyntheticOptions, writeSyntheticDataset } from './write.js';
