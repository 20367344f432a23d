import type { NdArray } from '../../arrays/index.js';
import {
  checkArrays,
  checkOutputs,
  checkStateNames,
  copyArray,
  disposedError,
  type NamedArrays,
  type RunOptions,
  RunQueue,
  type Session,
  type SessionInfo,
  type TransferOption,
  takeOver,
} from '../../runtime/index.js';
import { buffersOf } from './protocol.js';
import type { WorkerLine } from './worker-line.js';

/**
 * A session whose graph, state and runs are in another thread.
 *
 * Arrays are checked here, so that a mistake costs no transfer. Feeds and state go over as copies whose memory
 * is transferred, made when their turn comes; with `transfer`, the caller's own memory goes. Results come back
 * by transfer.
 */
export class WorkerSession implements Session {
  readonly device: SessionInfo['device'];
  readonly partlyOnCpu: boolean;
  readonly inputs: SessionInfo['inputs'];
  readonly outputs: SessionInfo['outputs'];
  readonly state: SessionInfo['state'];
  readonly #line: WorkerLine;
  readonly #queue = new RunQueue();
  #disposal: Promise<void> | undefined;

  constructor(line: WorkerLine, info: SessionInfo) {
    this.#line = line;
    this.device = info.device;
    this.partlyOnCpu = info.partlyOnCpu;
    this.inputs = info.inputs;
    this.outputs = info.outputs;
    this.state = info.state;
  }

  async run(feeds: NamedArrays, options: RunOptions = {}): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.run');
    checkArrays('Session.run', this.inputs, feeds, true);
    const outputs = checkOutputs(this, options.outputs);
    return this.#queue.add(() => {
      const sent = options.transfer ? takeOver(feeds) : copies(feeds);
      return this.#line.ask({ call: 'run', feeds: sent, outputs }, buffersOf(sent));
    }, options.signal);
  }

  async setState(values: NamedArrays, options: TransferOption = {}): Promise<void> {
    this.#requireLive('Session.setState');
    checkArrays('Session.setState', this.state, values, false);
    const sent = options.transfer ? takeOver(values) : copies(values);
    return this.#queue.add(() => this.#line.ask({ call: 'setState', values: sent }, buffersOf(sent)));
  }

  async getState(names?: readonly string[]): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.getState');
    const wanted = checkStateNames(this, names);
    return this.#queue.add(() => this.#line.ask({ call: 'getState', names: wanted }));
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#queue.add(async () => {
      try {
        if (this.#line.alive) await this.#line.ask({ call: 'dispose' });
      } finally {
        await this.#line.close();
      }
    });
    return this.#disposal;
  }

  #requireLive(operation: string): void {
    if (this.#disposal) throw disposedError(operation);
  }
}

function copies(values: NamedArrays): Record<string, NdArray> {
  return Object.fromEntries(Object.entries(values).map(([name, array]) => [name, copyArray(array)]));
}
