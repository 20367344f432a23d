export { type Inspection, type InspectOptions, inspect } from './inspect.js';
