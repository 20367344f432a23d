import type { NdArray } from '../../base/arrays.js';
import { checkArgument, checkSignal, HmsaError, isObject, shown } from '../../base/errors/index.js';
import type { RunQueue } from '../../base/tasks.js';
import { checkOptions } from './ort.js';
import type {
  NamedArrays,
  RunOptions,
  Session,
  SessionInfo,
  SiblingOptions,
  TransferOption,
} from './session.js';
import { checkArrays, list } from './signature.js';
import { copyArray, mapValues, takeOver } from './tensors.js';

/**
 * What sessions of every kind share: a call is checked, waits in the queue, and is checked again, because the caller may
 * have transferred its arrays meanwhile. How it is carried out is up to the kind of session.
 */
export abstract class QueuedSession implements Session {
  readonly device: SessionInfo['device'];
  readonly partlyOnCpu: boolean;
  readonly inputs: SessionInfo['inputs'];
  readonly outputs: SessionInfo['outputs'];
  readonly state: SessionInfo['state'];
  readonly #queue: RunQueue;
  #disposal: Promise<void> | undefined;

  /** @param queue that of all siblings */
  constructor({ device, partlyOnCpu, inputs, outputs, state }: SessionInfo, queue: RunQueue) {
    this.device = device;
    this.partlyOnCpu = partlyOnCpu;
    this.inputs = inputs;
    this.outputs = outputs;
    this.state = state;
    this.#queue = queue;
  }

  /** @param transfer whether the feeds' memory may be taken */
  protected abstract execute(
    feeds: NamedArrays,
    wanted: readonly string[],
    transfer: boolean,
  ): Promise<Record<string, NdArray>>;
  /** @param values their memory is the session's own */
  protected abstract assign(values: Record<string, NdArray>): Promise<void>;
  protected abstract read(names: readonly string[]): Promise<Record<string, NdArray>>;
  protected abstract open(model: Uint8Array, options: SiblingOptions & TransferOption): Promise<Session>;
  protected abstract free(): Promise<void>;

  async run(feeds: NamedArrays, options: RunOptions = {}): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.run');
    checkCall('Session.run', options);
    checkArrays('Session.run', this.inputs, feeds, true);
    const wanted = checkOutputs(this, options.outputs);
    return this.#queue.add(async () => {
      checkArrays('Session.run', this.inputs, feeds, true);
      return this.execute(feeds, wanted, options.transfer ?? false);
    }, options.signal);
  }

  async setState(values: NamedArrays, options: TransferOption = {}): Promise<void> {
    this.#requireLive('Session.setState');
    checkCall('Session.setState', options);
    checkArrays('Session.setState', this.state, values, false);
    const kept = options.transfer ? takeOver(values) : mapValues(values, copyArray);
    return this.#queue.add(() => this.assign(kept));
  }

  async getState(names?: readonly string[]): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.getState');
    const wanted = checkStateNames(this, names);
    return this.#queue.add(() => this.read(wanted));
  }

  async sibling(model: Uint8Array, options: SiblingOptions & TransferOption = {}): Promise<Session> {
    this.#requireLive('Session.sibling');
    checkCall('Session.sibling', options);
    const { transfer = false, ...asked } = options;
    checkOptions(asked);
    return this.#queue.add(() => this.open(model, { ...asked, transfer }));
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#queue.add(() => this.free());
    return this.#disposal;
  }

  #requireLive(operation: string): void {
    if (this.#disposal) throw disposedError(operation);
  }
}

/** The error of every call after {@link Session.dispose}. */
function disposedError(operation: string): HmsaError {
  return new HmsaError({
    operation,
    expected: 'an open session',
    received: 'one that was disposed',
    remedy: 'Open a new session.',
  });
}

/** @throws HmsaError when the options of a call are none, or one of them is of another kind */
function checkCall(operation: string, options: RunOptions): void {
  checkArgument(isObject(options), operation, 'an object of options', options);
  const { transfer, signal } = options;
  const isFlag = transfer === undefined || typeof transfer === 'boolean';
  checkArgument(isFlag, `${operation}, transfer`, 'true or false', transfer);
  checkSignal(signal, `${operation}, signal`);
}

/** The outputs that a run returns. @throws HmsaError when one is unknown */
function checkOutputs(session: SessionInfo, names: readonly string[] | undefined): readonly string[] {
  checkArgument(
    names === undefined || Array.isArray(names),
    'Session.run, outputs',
    'a list of names',
    names,
  );
  const known = session.outputs.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return names ?? known;
  throw new HmsaError({
    operation: 'Session.run',
    expected: `outputs among ${list(known)}`,
    received: shown(unknown),
    remedy: 'State is not an output: getState returns it.',
  });
}

/** The state that is asked for. @throws HmsaError when a name is unknown */
function checkStateNames(session: SessionInfo, names: readonly string[] | undefined): readonly string[] {
  checkArgument(names === undefined || Array.isArray(names), 'Session.getState', 'a list of names', names);
  const known = session.state.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return names ?? known;
  throw new HmsaError({
    operation: 'Session.getState',
    expected: `names of the state: ${list(known)}`,
    received: shown(unknown),
  });
}
