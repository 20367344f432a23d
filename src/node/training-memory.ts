import { availableParallelism } from 'node:os';

/** Bytes of a process that trains: Node, the program and its graphs, ONNX Runtime. */
const PROCESS = 230e6;

/** Bytes of one thread of the loader, with the images that it decodes. */
const WORKER = 60e6;

/**
 * Bytes that a training takes beside its steps.
 *
 * @param workers threads of the loader; default: as many as it starts
 */
export function trainingBase(workers = Math.max(1, availableParallelism() - 1)): number {
  return PROCESS + WORKER * workers;
}
