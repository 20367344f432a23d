import { HmsaError } from '../../base/errors/index.js';
import { RunQueue } from '../../base/tasks.js';
import type { OrtTensor } from './ort.js';
import type { TensorInfo } from './session.js';
import { describe, list } from './signature.js';
import { freeTensors } from './tensors.js';

/**
 * The state of a session and its siblings: one tensor for each name, no matter which session set it last.
 *
 * Values are the tensors that the last run returned. Their elements may be on the device, because the store never reads them.
 * Preallocated outputs would gain nothing: onnxruntime-node 1.30 fills the preallocated tensor and returns a copy as well.
 */
export class StateStore {
  /** The queue of all calls that read or change the state, so that runs of siblings never overlap. */
  readonly queue = new RunQueue();
  readonly #declared = new Map<string, TensorInfo>();
  readonly #values = new Map<string, OrtTensor>();
  #sessions = 0;

  /**
   * Adds a session with the state that it declares.
   *
   * @throws HmsaError that names a tensor which a sibling declares with another type or shape; then nothing is added
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

  /** Removes a session. The last one frees all values; until then they are kept, because a new sibling may need them. */
  leave(): void {
    this.#sessions--;
    if (this.#sessions > 0) return;
    freeTensors(this.#values.values());
    this.#values.clear();
  }

  /** The values of the given names. @throws HmsaError that names those that were never set */
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

  /** Sets new values and frees the previous ones. */
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

/** Whether types and shapes are equal. Free sides match each other, although each graph has its own names for them. */
function alike(a: TensorInfo, b: TensorInfo): boolean {
  const sides = ({ shape }: TensorInfo) => shape.map((side) => (typeof side === 'string' ? '?' : side));
  return a.dtype === b.dtype && String(sides(a)) === String(sides(b));
}
