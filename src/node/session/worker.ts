/** The thread that a session and its siblings live in: answers one request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Session, SessionInfo } from '../../engine/runtime/index.js';
import { openSessionInThread } from './in-thread.js';
import { insideNativeCall } from './native-calls.js';
import {
  type Answers,
  buffersOf,
  type Reply,
  type Request,
  sendError,
  type WorkerStart,
} from './protocol.js';

const port = parentPort!;
const { flags, options } = workerData as WorkerStart;

const sessions = new Map<number, Session>();
let opened = 0;
await answer('open', async () => add(await openSessionInThread(takeModel(workerData), options)));
port.on('message', (request: Request) => answer(request.call, () => handle(request)));

function add(session: Session): SessionInfo {
  sessions.set(opened++, session);
  const { device, partlyOnCpu, inputs, outputs, state } = session;
  return { device, partlyOnCpu, inputs, outputs, state };
}

/** The model's bytes, which nothing else then holds: once ONNX Runtime has read them they can be collected. */
function takeModel(holder: { model?: Uint8Array }): Uint8Array {
  const model = holder.model!;
  delete holder.model;
  return model;
}

async function handle(request: Request): Promise<Answers[Request['call']]> {
  const session = sessions.get(request.session)!;
  switch (request.call) {
    case 'run':
      return session.run(request.feeds, { outputs: request.outputs, transfer: true });
    case 'setState':
      return session.setState(request.values, { transfer: true }) as Promise<undefined>;
    case 'getState':
      return session.getState(request.names);
    case 'sibling':
      return add(await session.sibling(request.model, request.options));
    case 'dispose':
      sessions.delete(request.session);
      return session.dispose() as Promise<undefined>;
  }
}

async function answer<Call extends keyof Answers>(
  call: Call,
  task: () => Promise<Answers[Call]>,
): Promise<void> {
  const reply = await insideNativeCall(flags, () =>
    task().then(
      (value): Reply => ({ value }),
      (error): Reply => ({ error: sendError(error) }),
    ),
  );
  const arrays = 'value' in reply && (call === 'run' || call === 'getState');
  port.postMessage(reply, arrays ? buffersOf(reply.value as Answers['run']) : []);
}
