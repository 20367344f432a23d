import type { NdArray } from '../../base/arrays/index.js';
import {
  checkArrays,
  checkCall,
  checkOptions,
  checkOutputs,
  checkStateNames,
  copyArray,
  disposedError,
  type NamedArrays,
  type RunOptions,
  RunQueue,
  type Session,
  type SessionInfo,
  type SiblingOptions,
  type TransferOption,
  takeOver,
} from '../../engine/runtime/index.js';
import { buffersOf } from './protocol.js';
import { sendableModel, transferOf } from './sendable-model.js';
import type { WorkerLine } from './worker-line.js';

/** The line to a worker as siblings share it: one queue for all their calls, and its end with the last of them. */
export class SharedWorkerLine {
  readonly queue = new RunQueue();
  readonly line: WorkerLine;
  #opened = 0;
  #open = 0;

  constructor(line: WorkerLine) {
    this.line = line;
  }

  /** The number by which the worker knows the next session: they are counted there and here alike. */
  join(): number {
    this.#open++;
    return this.#opened++;
  }

  async leave(): Promise<void> {
    this.#open--;
    if (this.#open === 0) await this.line.close();
  }
}

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
  readonly #shared: SharedWorkerLine;
  readonly #session: number;
  #disposal: Promise<void> | undefined;

  constructor(shared: SharedWorkerLine, info: SessionInfo) {
    this.#shared = shared;
    this.#session = shared.join();
    this.device = info.device;
    this.partlyOnCpu = info.partlyOnCpu;
    this.inputs = info.inputs;
    this.outputs = info.outputs;
    this.state = info.state;
  }

  async run(feeds: NamedArrays, options: RunOptions = {}): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.run');
    checkCall('Session.run', options);
    checkArrays('Session.run', this.inputs, feeds, true);
    const outputs = checkOutputs(this, options.outputs);
    const { queue, line } = this.#shared;
    return queue.add(async () => {
      // Again: while it waited, the feeds may have been handed to somebody else.
      checkArrays('Session.run', this.inputs, feeds, true);
      const sent = options.transfer ? takeOver(feeds) : copies(feeds);
      return line.ask({ call: 'run', session: this.#session, feeds: sent, outputs }, buffersOf(sent));
    }, options.signal);
  }

  async setState(values: NamedArrays, options: TransferOption = {}): Promise<void> {
    this.#requireLive('Session.setState');
    checkCall('Session.setState', options);
    checkArrays('Session.setState', this.state, values, false);
    const sent = options.transfer ? takeOver(values) : copies(values);
    const { queue, line } = this.#shared;
    return queue.add(async () => {
      checkArrays('Session.setState', this.state, sent, false);
      return line.ask({ call: 'setState', session: this.#session, values: sent }, buffersOf(sent));
    });
  }

  async getState(names?: readonly string[]): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.getState');
    const wanted = checkStateNames(this, names);
    const { queue, line } = this.#shared;
    return queue.add(() => line.ask({ call: 'getState', session: this.#session, names: wanted }));
  }

  async sibling(model: Uint8Array, options: SiblingOptions & TransferOption = {}): Promise<Session> {
    this.#requireLive('Session.sibling');
    checkCall('Session.sibling', options);
    const { transfer = false, ...own } = options;
    checkOptions(own);
    const { queue, line } = this.#shared;
    return queue.add(async () => {
      const sent = sendableModel(model, transfer);
      const request = { call: 'sibling', session: this.#session, model: sent, options: own } as const;
      return new WorkerSession(this.#shared, await line.ask(request, transferOf(sent)));
    });
  }

  dispose(): Promise<void> {
    const { queue, line } = this.#shared;
    this.#disposal ??= queue.add(async () => {
      try {
        if (line.alive) await line.ask({ call: 'dispose', session: this.#session });
      } finally {
        await this.#shared.leave();
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
