import type { NdArray } from '../../base/arrays/index.js';
import { type Handlers, Transferring } from '../../base/calls/index.js';
import type { Session, SessionOptions } from '../runtime/index.js';
import { buffersOf, type Opened, type SessionCalls } from './session-calls.js';

/**
 * The worker's side: sessions by number, all of them in this thread.
 *
 * @param open opens the first of them, such as {@link createSession} with an onnxruntime module
 */
export function sessionHandlers(
  open: (model: Uint8Array, options: SessionOptions) => Promise<Session>,
): Handlers<SessionCalls> {
  const sessions = new Map<number, Session>();
  let opened = 0;
  const add = (session: Session): Opened => {
    sessions.set(opened, session);
    const { device, partlyOnCpu, inputs, outputs, state } = session;
    return { session: opened++, info: { device, partlyOnCpu, inputs, outputs, state } };
  };
  return {
    open: async ({ model, options }) => add(await open(model, options)),
    run: async ({ session, feeds, outputs }) =>
      handingOver(await sessions.get(session)!.run(feeds, { outputs, transfer: true })),
    setState: ({ session, values }) => sessions.get(session)!.setState(values, { transfer: true }),
    getState: async ({ session, names }) => handingOver(await sessions.get(session)!.getState(names)),
    sibling: async ({ session, model, options }) => add(await sessions.get(session)!.sibling(model, options)),
    dispose: async ({ session }) => {
      const disposed = sessions.get(session)!;
      sessions.delete(session);
      await disposed.dispose();
    },
  };
}

function handingOver(arrays: Record<string, NdArray>): Transferring<Record<string, NdArray>> {
  return new Transferring(arrays, buffersOf(arrays));
}
