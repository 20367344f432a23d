import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { NdArray } from '../arrays/index.js';
import { HmsaError } from '../errors/index.js';
import { checkArrays, list } from './check-arrays.js';
import { discard } from './discard.js';
import { ortFailure } from './ort-failure.js';
import { RunQueue } from './run-queue.js';
import type {
  Device,
  NamedArrays,
  RunOptions,
  Session,
  SessionInfo,
  TensorInfo,
  TransferOption,
} from './session.js';
import { checkOutputs, checkStateNames, disposedError } from './session-checks.js';
import type { Signature } from './signature.js';
import { copyArray, fromTensor, mapValues, type OrtModule, takeOver, toTensor } from './tensors.js';

/**
 * A session over a loaded graph.
 *
 * State is kept as the tensors that the last run returned. Nothing is gained by preallocating them: version
 * 1.30 of onnxruntime-node fills the preallocated tensor and returns a copy of it as well.
 */
export class OrtSession implements Session {
  readonly device: Device;
  readonly partlyOnCpu: boolean;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly state: readonly TensorInfo[];
  readonly #ort: OrtModule;
  readonly #inference: InferenceSession;
  /** State input → the output that replaces it. */
  readonly #next: ReadonlyMap<string, string>;
  readonly #values = new Map<string, Tensor>();
  readonly #queue = new RunQueue();
  readonly #finish: (() => void) | undefined;
  #disposal: Promise<void> | undefined;

  constructor(
    ort: OrtModule,
    inference: InferenceSession,
    info: SessionInfo & Signature,
    finish: (() => void) | undefined,
  ) {
    this.#ort = ort;
    this.#inference = inference;
    this.device = info.device;
    this.partlyOnCpu = info.partlyOnCpu;
    this.inputs = info.inputs;
    this.outputs = info.outputs;
    this.state = info.state;
    this.#next = info.next;
    this.#finish = finish;
  }

  async run(feeds: NamedArrays, options: RunOptions = {}): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.run');
    checkArrays('Session.run', this.inputs, feeds, true);
    const wanted = checkOutputs(this, options.outputs);
    return this.#queue.add(async () => {
      const results = await this.#execute(feeds, wanted);
      if (options.transfer) discard(Object.values(feeds));
      return results;
    }, options.signal);
  }

  async setState(values: NamedArrays, options: TransferOption = {}): Promise<void> {
    this.#requireLive('Session.setState');
    checkArrays('Session.setState', this.state, values, false);
    const kept = options.transfer ? takeOver(values) : mapValues(values, copyArray);
    return this.#queue.add(async () => this.#replace(mapValues(kept, (array) => toTensor(this.#ort, array))));
  }

  async getState(names?: readonly string[]): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.getState');
    const wanted = checkStateNames(this, names);
    return this.#queue.add(async () => {
      this.#requireState('Session.getState', wanted);
      return Object.fromEntries(
        wanted.map((name) => [name, copyArray(fromTensor(this.#values.get(name)!))] as const),
      );
    });
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#queue.add(async () => {
      try {
        this.#finish?.();
      } finally {
        await this.#inference.release();
        discard([...this.#values.values()].map(fromTensor));
        this.#values.clear();
      }
    });
    return this.#disposal;
  }

  async #execute(feeds: NamedArrays, wanted: readonly string[]): Promise<Record<string, NdArray>> {
    this.#requireState('Session.run', [...this.#next.keys()]);
    const inputs = {
      ...mapValues(feeds, (array) => toTensor(this.#ort, array)),
      ...Object.fromEntries(this.#values),
    };
    const fetched = [...wanted, ...this.#next.values()];
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = fetched.length === 0 ? {} : await this.#inference.run(inputs, fetched);
    } catch (error) {
      throw ortFailure('Session.run', 'the graph to run', this.device, error);
    }
    const next: [string, Tensor][] = [];
    for (const [input, output] of this.#next) next.push([input, results[output] as Tensor]);
    this.#replace(Object.fromEntries(next));
    return Object.fromEntries(wanted.map((name) => [name, fromTensor(results[name] as Tensor)] as const));
  }

  #replace(values: Readonly<Record<string, Tensor>>): void {
    const former: NdArray[] = [];
    for (const [name, tensor] of Object.entries(values)) {
      const old = this.#values.get(name);
      if (old) former.push(fromTensor(old));
      this.#values.set(name, tensor);
    }
    discard(former);
  }

  #requireLive(operation: string): void {
    if (this.#disposal === undefined) return;
    throw disposedError(operation);
  }

  #requireState(operation: string, names: readonly string[]): void {
    const missing = names.filter((name) => !this.#values.has(name));
    if (missing.length === 0) return;
    throw new HmsaError({
      operation,
      expected: 'the state to be set',
      received: `no value for ${list(missing)}`,
      remedy: 'Call setState with them first.',
    });
  }
}
