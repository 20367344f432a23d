import { afterEach, describe, expect, test } from 'vitest';
import { float32, type NdArray } from '../../dist/base/arrays.js';
import { HmsaError } from '../../dist/base/errors/index.js';
import type { Session, SessionOptions } from '../../dist/engine/runtime/index.js';
import { openSession, openSessionInThread } from '../../dist/node/session/index.js';
// The internal form, whose third argument is the worker's script.
import { openSession as openWith } from '../../dist/node/session/open-session.js';
import { accumulator, longRun, onnxModel } from './models.js';

const vector = (...values: number[]) => float32(Float32Array.from(values), [values.length]);
const by = (step: number) => ({ g: vector(step) });
const numbers = (array: NdArray | undefined) => Array.from(array?.data ?? [], Number);

/** `w' = w · g`, and `m' = m + w`: the accumulator's state and one name more. */
function multiplier(size: number): Uint8Array {
  return onnxModel(
    { w: ['float32', size], m: ['float32', size], g: ['float32', 1] },
    [
      ['Mul', ['w', 'g'], ['w_next']],
      ['Add', ['m', 'w'], ['m_next']],
    ],
    { w_next: ['float32', size], m_next: ['float32', size] },
  );
}
const scaling = { state: { w: 'w_next', m: 'm_next' } };

/** `total = Σ w`, for state that is only read. */
const reader = (size: number) =>
  onnxModel({ w: ['float32', size] }, [['ReduceSum', ['w'], ['total']]], { total: ['float32', 1] });
const reading = { state: { w: null } };

describe.each([
  ['in the calling thread', openSessionInThread],
  ['in a worker thread', openSession],
])('siblings %s', (_, open) => {
  const opened: Session[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((session) => session.dispose())));
  const kept = <S extends Session>(session: S): S => {
    opened.push(session);
    return session;
  };
  async function adder(...start: number[]): Promise<Session> {
    const options = { threads: 1, state: { w: 'w_next' } };
    const session = kept(await open(accumulator(start.length), options));
    await session.setState({ w: vector(...start) });
    return session;
  }

  test('see one state, whichever sets, runs or reads', async () => {
    const first = await adder(1, 2);
    const second = kept(await first.sibling(multiplier(2), scaling));
    await second.setState({ m: vector(0, 0) });
    await first.run(by(1));
    await second.run(by(10));
    expect(numbers((await first.run(by(1))).total)).toEqual([52]);
    expect(numbers((await second.getState()).w)).toEqual([21, 31]);
    expect(numbers((await second.getState()).m)).toEqual([2, 3]);
    await second.setState({ w: vector(5, 5) });
    expect(numbers((await first.getState()).w)).toEqual([5, 5]);
    expect((await first.getState()).m).toBeUndefined();
  });

  test('of siblings share with the first', async () => {
    const first = await adder(1);
    const second = kept(await first.sibling(multiplier(1), scaling));
    const third = kept(await second.sibling(multiplier(1), scaling));
    await third.setState({ m: vector(7) });
    await second.run(by(4));
    expect(numbers((await first.getState()).w)).toEqual([4]);
    expect(numbers((await third.getState()).m)).toEqual([8]);
  });

  test('read state without an output, and leave it as it is', async () => {
    const first = await adder(1, 2, 3);
    const second = kept(await first.sibling(reader(3), reading));
    expect(second.state).toEqual([{ name: 'w', dtype: 'float32', shape: [3] }]);
    expect([second.inputs, second.outputs.map(({ name }) => name)]).toEqual([[], ['total']]);
    expect(numbers((await second.run({})).total)).toEqual([6]);
    expect(numbers((await second.run({})).total)).toEqual([6]);
    await first.run(by(1));
    expect(numbers((await second.run({})).total)).toEqual([9]);
    const alone = kept(await open(reader(2), { threads: 1, ...reading }));
    await expect(alone.run({})).rejects.toThrow('received no value for w. Call setState');
    await alone.setState({ w: vector(2, 2) });
    expect(numbers((await alone.run({})).total)).toEqual([4]);
  });

  test('wait for the state that only they name', async () => {
    const first = await adder(1);
    const second = kept(await first.sibling(multiplier(1), scaling));
    await expect(second.run(by(2))).rejects.toThrow('Session.run: expected the state to be set, received no');
    await expect(second.run(by(2))).rejects.toThrow('no value for m');
    expect(numbers((await first.run(by(2))).total)).toEqual([3]);
  });

  test('take their calls in the order in which they were made', async () => {
    const first = await adder(1);
    const opening = first.sibling(multiplier(1), scaling);
    const early = first.run(by(1));
    const second = kept(await opening);
    expect(numbers((await early).total)).toEqual([2]);
    await second.setState({ m: vector(0) });
    const [, seen] = await Promise.all([
      second.run(by(3)),
      first.getState(),
      first.run(by(1)),
      second.run(by(10)),
    ]);
    expect(numbers(seen.w)).toEqual([6]);
    expect(numbers((await first.getState()).w)).toEqual([70]);
  });

  test('never run at once, and an abort takes the waiting ones of either', async () => {
    const side = 300;
    const matrix = () => float32(new Float32Array(side * side), [side, side]);
    const first = kept(await open(longRun(side, 20), { threads: 1 }));
    const second = kept(await first.sibling(longRun(side, 1)));
    const ended: string[] = [];
    const controller = new AbortController();
    const run = (session: Session, name: string, signal?: AbortSignal) =>
      session
        .run({ x0: matrix(), m: matrix() }, { outputs: [], ...(signal && { signal }) })
        .then(() => ended.push(name));
    const long = run(first, 'long');
    const short = run(second, 'short');
    const waiting = run(second, 'waiting', controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await Promise.all([long, short]);
    expect(ended).toEqual(['long', 'short']);
  });

  test.each<[string, (first: Session, second: Session) => [Session, Session]]>([
    ['the first', (first, second) => [first, second]],
    ['the second', (first, second) => [second, first]],
  ])('go on when %s is disposed, and keep the whole state', async (_case, order) => {
    const first = await adder(1);
    const second = kept(await first.sibling(multiplier(1), scaling));
    await second.setState({ m: vector(2) });
    const [gone, left] = order(first, second);
    await gone.dispose();
    await gone.dispose();
    await expect(gone.run(by(1))).rejects.toThrow('received one that was disposed');
    await expect(gone.sibling(reader(1), reading)).rejects.toThrow(
      'Session.sibling: expected an open session',
    );
    await left.run(by(1));
    const third = kept(await left.sibling(multiplier(1), scaling));
    const [w, m] = left === first ? [2, 2] : [1, 3];
    expect(await third.getState()).toEqual({ w: vector(w), m: vector(m) });
  });

  test('are opened before a disposal that was asked for later', async () => {
    const first = await adder(3);
    const opening = first.sibling(reader(1), reading);
    await first.dispose();
    const second = kept(await opening);
    expect(numbers((await second.run({})).total)).toEqual([3]);
  });

  test.each<[string, Uint8Array, SessionOptions, string]>([
    [
      'another shape of the state',
      accumulator(2),
      { state: { w: 'w_next' } },
      'Session.sibling, state w: expected float32 [3], as the sessions that share it declare it, received float32 [2].',
    ],
    [
      'another type of the state',
      onnxModel({ w: ['int32', 3] }, [['Identity', ['w'], ['v']]], { v: ['int32', 3] }),
      { state: { w: null } },
      'Session.sibling, state w: expected float32 [3], as the sessions that share it declare it, received int32 [3].',
    ],
    [
      'a free side where the state has none',
      onnxModel({ w: ['float32', 'n'] }, [['Identity', ['w'], ['v']]], { v: ['float32', 'n'] }),
      { state: { w: null } },
      'received float32 [n].',
    ],
    ['unknown state', reader(3), { state: { v: null } }, 'expected an input of the graph: w, received "v"'],
    ['another device', reader(3), { ...reading, device: 'webgpu' }, 'sibling, device: expected cpu'],
    [
      'other threads',
      reader(3),
      { ...reading, threads: 2 },
      'threads: expected 1, as the first session has it',
    ],
    ['a strange level', reader(3), { optimization: 'O3' as 'all' }, 'optimization: expected one of none'],
    ['no model', new Uint8Array(0), {}, 'model: expected the bytes of an ONNX file, received none.'],
    ['a broken model', reader(3).subarray(0, 40), {}, 'The bytes are not a whole ONNX model'],
  ])('are not opened with %s, and the first goes on', async (_case, model, options, message) => {
    const first = await adder(1, 2, 3);
    const failure = first.sibling(model, options);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(HmsaError);
    expect(numbers((await first.run(by(1))).total)).toEqual([9]);
    // A failed sibling has declared nothing.
    const second = kept(await first.sibling(multiplier(3), scaling));
    await second.setState({ m: vector(0, 0, 0) });
  });

  test("take the first one's options, given again, as their own", async () => {
    const options = { threads: 1, device: 'cpu', state: { w: 'w_next' } } as const;
    const first = kept(await open(accumulator(1), options));
    const second = kept(await first.sibling(reader(1), { ...options, ...reading }));
    expect([first.device, second.device]).toEqual(['cpu', 'cpu']);
  });
});

test('a model is transferred to a sibling on request, and copied otherwise', async () => {
  const session = await openSession(reader(1), { threads: 1, ...reading });
  const model = reader(1);
  await (await session.sibling(model, reading)).dispose();
  expect(model.length).toBeGreaterThan(0);
  await (await session.sibling(model, { ...reading, transfer: true })).dispose();
  expect(model.length).toBe(0);
  await session.dispose();
});

test('when the worker ends, every sibling says so', async () => {
  const first = await openWith(reader(1), { profile: 'exit' }, fixture('crashing-worker.mjs'));
  const second = await first.sibling(reader(1));
  const message = "expected the session's worker thread to keep running, received its end with exit code 4";
  await expect(second.run(by(1))).rejects.toThrow(message);
  await expect(first.run(by(1))).rejects.toThrow(message);
  await expect(first.sibling(reader(1))).rejects.toThrow(message);
  await Promise.all([first.dispose(), second.dispose()]);
});

function fixture(name: string): URL {
  return new URL(`./fixtures/${name}`, import.meta.url);
}
