import { HmsaError } from '../../base/errors/index.js';
import { RunQueue } from '../../base/tasks/index.js';
import { describe, list } from './check-arrays.js';
import { freeTensors } from './discard.js';
import type { OrtTensor } from './ort-types.js';
import type { TensorInfo } from './session.js';

/**
 * The state of a session and its siblings: one tensor a name, whichever session set or replaced it last.
 *
 * Values are the tensors that the last run returned, wherever their elements are: the store never reads them. Nothing is gained by preallocating them: version 1.30 of
 * onnxruntime-node fills the preallocated tensor and returns a copy of it as well.
 */
export class StateStore {
  /** For everything that reads or changes the state, so that runs of siblings never overlap. */
  readonly queue = new RunQueue();
  readonly #declared = new Map<string, TensorInfo>();
  readonly #values = new Map<string, OrtTensor>();
  #sessions = 0;

  /**
   * Takes one more session in, with the state that it declares.
   *
   * @throws HmsaError, before anything is taken in, that names a tensor which a sibling declares otherwise
   */
  join(state: readonly TensorInfo[]): void {
    for (const info of state) {
      const declared = this.#declared.get(info.name);
      if (declared !== undefined && !alike(declared, info)) {
        throw new HmsaError({
          operation: `Session.sibling, state ${info.name}`,
          expected: `${describe(declared)}, as the sessions that share it declare it`,
          received: describe(info),
          remedy: 'Open it as a session of its own, or give the tensor another name.',
        });
      }
    }
    for (const info of state) if (!this.#declared.has(info.name)) this.#declared.set(info.name, info);
    this.#sessions++;
  }

  /** Lets one session go. The last frees the values; until then all of them are kept for a sibling to come. */
  leave(): void {
    this.#sessions--;
    if (this.#sessions > 0) return;
    freeTensors(this.#values.values());
    this.#values.clear();
  }

  /** @throws HmsaError that names what was never set */
  get(operation: string, names: readonly string[]): Record<string, OrtTensor> {
    const missing = names.filter((name) => !this.#values.has(name));
    if (missing.length === 0) {
      return Object.fromEntries(names.map((name) => [name, this.#values.get(name)!] as const));
    }
    throw new HmsaError({
      operation,
      expected: 'the state to be set',
      received: `no value for ${list(missing)}`,
      remedy: 'Call setState with them first.',
    });
  }

  /** Takes new values and frees those they replace. */
  replace(values: Readonly<Record<string, OrtTensor>>): void {
    const former: OrtTensor[] = [];
    for (const [name, tensor] of Object.entries(values)) {
      const old = this.#values.get(name);
      if (old) former.push(old);
      this.#values.set(name, tensor);
    }
    freeTensors(former);
  }
}

/** Equal sides, and free sides at the same places, whatever each graph calls them. */
function alike(a: TensorInfo, b: TensorInfo): boolean {
  const sides = ({ shape }: TensorInfo) => shape.map((side) => (typeof side === 'string' ? '?' : side));
  return a.dtype === b.dtype && String(sides(a)) === String(sides(b));
}
