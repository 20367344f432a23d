import { HmsaError } from '../../base/errors/index.js';
import { list } from './check-arrays.js';
import type { SessionInfo } from './session.js';

/** The error of every call after {@link Session.dispose}. */
export function disposedError(operation: string): HmsaError {
  return new HmsaError({
    operation,
    expected: 'an open session',
    received: 'one that was disposed',
    remedy: 'Open a new session.',
  });
}

/** The outputs that a run returns. @throws HmsaError when one is unknown */
export function checkOutputs(session: SessionInfo, names: readonly string[] | undefined): readonly string[] {
  const known = session.outputs.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return names ?? known;
  throw new HmsaError({
    operation: 'Session.run',
    expected: `outputs among ${list(known)}`,
    received: JSON.stringify(unknown),
    remedy: 'State is not an output: getState returns it.',
  });
}

/** The state that is asked for. @throws HmsaError when a name is unknown */
export function checkStateNames(
  session: SessionInfo,
  names: readonly string[] | undefined,
): readonly string[] {
  const known = session.state.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return names ?? known;
  throw new HmsaError({
    operation: 'Session.getState',
    expected: `names of the state: ${list(known)}`,
    received: JSON.stringify(unknown),
  });
}
