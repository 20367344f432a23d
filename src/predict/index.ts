export { type InferenceOptions, inferenceGraph, outputNames } from './inference-graph.js';
