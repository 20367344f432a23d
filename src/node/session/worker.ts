/** The thread that a session lives in: answers one request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Session } from '../../runtime/index.js';
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

let session: Session | undefined;
await answer('open', async () => {
  session = await openSessionInThread(takeModel(workerData), options);
  const { device, partlyOnCpu, inputs, outputs, state } = session;
  return { device, partlyOnCpu, inputs, outputs, state };
});
port.on('message', (request: Request) => answer(request.call, () => handle(session!, request)));

/** The model's bytes, which nothing else then holds: once ONNX Runtime has read them they can be collected. */
function takeModel(holder: { model?: Uint8Array }): Uint8Array {
  const model = holder.model!;
  delete holder.model;
  return model;
}

function handle(session: Session, request: Request): Promise<Answers[Request['call']]> {
  switch (request.call) {
    case 'run':
      return session.run(request.feeds, { outputs: request.outputs, transfer: true });
    case 'setState':
      return session.setState(request.values, { transfer: true }) as Promise<undefined>;
    case 'getState':
      return session.getState(request.names);
    case 'dispose':
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
