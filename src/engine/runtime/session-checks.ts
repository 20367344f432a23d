import { checkArgument, checkSignal, HmsaError, isObject, shown } from '../../base/errors/index.js';
import { list } from './check-arrays.js';
import type { RunOptions, SessionInfo } from './session.js';

/** The error of every call after {@link Session.dispose}. */
export function disposedError(operation: string): HmsaError {
  return new HmsaError({
    operation,
    expected: 'an open session',
    received: 'one that was disposed',
    remedy: 'Open a new session.',
  });
}

/** @throws HmsaError when the options of a call are none, or one of them is of another kind */
export function checkCall(operation: string, options: RunOptions): void {
  checkArgument(isObject(options), operation, 'an object of options', options);
  const { transfer, signal } = options;
  const isFlag = transfer === undefined || typeof transfer === 'boolean';
  checkArgument(isFlag, `${operation}, transfer`, 'true or false', transfer);
  checkSignal(signal, `${operation}, signal`);
}

/** The outputs that a run returns. @throws HmsaError when one is unknown */
export function checkOutputs(session: SessionInfo, names: readonly string[] | undefined): readonly string[] {
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
export function checkStateNames(
  session: SessionInfo,
  names: readonly string[] | undefined,
): readonly string[] {
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
