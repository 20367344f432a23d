export { Gallery } from './gallery.js';
export { type Inspection, type InspectOptions, inspect } from './inspect.js';
