import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as web from 'onnxruntime-web';
import { afterEach, describe, expect, test } from 'vitest';
import { float32, type NdArray } from '../../dist/base/arrays.js';
import { HmsaError } from '../../dist/base/errors/index.js';
import {
  createSession,
  type Device,
  type Session,
  type SessionOptions,
  type TransferOption,
} from '../../dist/engine/runtime/index.js';
import { openSession, openSessionInThread } from '../../dist/node/session/index.js';
import { accumulator, onnxModel } from './models.js';

const vector = (...values: number[]) => float32(Float32Array.from(values), [values.length]);
const by = (step: number) => ({ g: vector(step) });
const numbers = (array: NdArray | undefined) => Array.from(array?.data ?? [], Number);

type Open = (model: Uint8Array, options?: SessionOptions & TransferOption) => Promise<Session>;

/** The contract of every session, however it is opened. */
describe.each<[string, Device, Open]>([
  ['in the calling thread', 'cpu', openSessionInThread],
  ['in a worker thread', 'cpu', openSession],
  ['of onnxruntime-web, as in a browser', 'wasm', (model, options) => createSession(web, model, options)],
])('a session %s', (_, cpu, open) => {
  const opened: Session[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((session) => session.dispose())));

  async function session(model: Uint8Array, options: SessionOptions & TransferOption = {}): Promise<Session> {
    const session = await open(model, { threads: 1, ...options });
    opened.push(session);
    return session;
  }
  async function accumulate(...start: number[]): Promise<Session> {
    const accumulating = await session(accumulator(start.length), { state: { w: 'w_next' } });
    await accumulating.setState({ w: vector(...start) });
    return accumulating;
  }

  test('tells inputs, outputs and state apart', async () => {
    const { device, partlyOnCpu, inputs, outputs, state } = await accumulate(0, 0);
    expect({ device, partlyOnCpu, inputs, outputs, state }).toEqual({
      device: cpu,
      partlyOnCpu: false,
      inputs: [{ name: 'g', dtype: 'float32', shape: [1] }],
      outputs: [
        { name: 'total', dtype: 'float32', shape: [1] },
        { name: 'same', dtype: 'float32', shape: [2] },
      ],
      state: [{ name: 'w', dtype: 'float32', shape: [2] }],
    });
  });

  test('feeds each run the state that the one before it left', async () => {
    const accumulating = await accumulate(0, 10, 20);
    const totals = [];
    for (const step of [1, 2, -4]) totals.push(numbers((await accumulating.run(by(step))).total)[0]);
    expect(totals).toEqual([33, 39, 27]);
    expect(numbers((await accumulating.getState()).w)).toEqual([-1, 9, 19]);
  });

  test('leaves the state as it was where the commit output of a run is 0', async () => {
    const model = onnxModel(
      { w: ['float32', 2], g: ['float32', 1] },
      [
        ['Add', ['w', 'g'], ['w_next']],
        ['Identity', ['g'], ['counts']],
        ['Identity', ['w'], ['held']],
      ],
      { w_next: ['float32', 2], counts: ['float32', 1], held: ['float32', 2] },
    );
    const guarded = await session(model, { state: { w: 'w_next' }, commit: 'counts' });
    expect(guarded.outputs.map(({ name }) => name)).toEqual(['held']);
    await guarded.setState({ w: vector(1, 2) });
    for (const step of [1, 0, Number.NaN, 2]) await guarded.run(by(step));
    // NaN counts: what must not count has to say 0.
    expect(numbers((await guarded.getState()).w)).toEqual([Number.NaN, Number.NaN]);
    await guarded.setState({ w: vector(1, 2) });
    for (const step of [1, 0, 2]) await guarded.run(by(step));
    expect(numbers((await guarded.getState()).w)).toEqual([4, 5]);
    await expect(session(model, { commit: 'held' })).rejects.toThrow(
      /commit, held: expected an output of one/,
    );
    await expect(session(model, { commit: 'count' })).rejects.toThrow(/an output of the graph/);
  });

  test('shares no memory with its caller, in either direction', async () => {
    const accumulating = await session(accumulator(2), { state: { w: 'w_next' } });
    const start = vector(1, 2);
    await accumulating.setState({ w: start });
    start.data.fill(99);
    const held = await accumulating.run(by(1));
    const copy = await accumulating.getState(['w']);
    (held.same!.data as Float32Array).fill(77);
    (copy.w!.data as Float32Array).fill(55);
    const second = await accumulating.run(by(1));
    await accumulating.run(by(100));
    await accumulating.run(by(100));
    expect(numbers(held.same)).toEqual([77, 77]);
    expect(numbers(second.same)).toEqual([3, 4]);
    expect(numbers((await accumulating.getState()).w)).toEqual([203, 204]);
  });

  test('returns the outputs that were asked for, and none where none were', async () => {
    const accumulating = await accumulate(1);
    expect(Object.keys(await accumulating.run(by(1), { outputs: ['total'] }))).toEqual(['total']);
    expect(await accumulating.run(by(1), { outputs: [] })).toEqual({});
    expect(numbers((await accumulating.getState()).w)).toEqual([3]);
  });

  test('takes calls in the order in which they were made', async () => {
    const accumulating = await accumulate(0);
    const results = await Promise.all([
      accumulating.run(by(1)),
      accumulating.getState(),
      accumulating.setState({ w: vector(10) }),
      accumulating.run(by(1)),
      accumulating.run(by(1)),
    ]);
    expect(numbers((results[0] as { total: NdArray }).total)).toEqual([1]);
    expect(numbers((results[1] as { w: NdArray }).w)).toEqual([1]);
    expect(numbers((results[4] as { total: NdArray }).total)).toEqual([12]);
  });

  test('passes every element type through unchanged', async () => {
    const arrays: Record<string, NdArray> = {
      float32: { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1.5, -0) },
      float16: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xfbff) },
      uint8: { dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 7, 255) },
      int8: { dtype: 'int8', shape: [2], data: Int8Array.of(-128, 127) },
      int32: { dtype: 'int32', shape: [], data: Int32Array.of(-5) },
      int64: { dtype: 'int64', shape: [1], data: BigInt64Array.of(-(2n ** 62n)) },
      bool: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
    };
    const declared = (prefix: string) =>
      Object.fromEntries(
        Object.values(arrays).map(({ dtype, shape }) => [prefix + dtype, [dtype, ...shape] as const]),
      ) as unknown as Parameters<typeof onnxModel>[0];
    const nodes = Object.keys(arrays).map((name): [string, string[], string[]] => [
      'Identity',
      [`in_${name}`],
      [`out_${name}`],
    ]);
    const identity = await session(onnxModel(declared('in_'), nodes, declared('out_')));
    const results = await identity.run(
      Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`in_${name}`, array])),
    );
    for (const [name, array] of Object.entries(arrays)) expect(results[`out_${name}`]).toEqual(array);
  });

  test('takes a free side as it comes, one side of one name alike', async () => {
    const add = await session(
      onnxModel({ a: ['float32', 'n'], b: ['float32', 'n'] }, [['Add', ['a', 'b'], ['c']]], {
        c: ['float32', 'n'],
      }),
    );
    expect(add.inputs[0]!.shape).toEqual(['n']);
    expect(numbers((await add.run({ a: vector(1, 2, 3), b: vector(1, 1, 1) })).c)).toEqual([2, 3, 4]);
    expect(numbers((await add.run({ a: vector(5), b: vector(1) })).c)).toEqual([6]);
    await expect(add.run({ a: vector(1, 2, 3), b: vector(1) })).rejects.toThrow(
      'Session.run, b: expected float32 [n] with n = 3 as in a, received n = 1.',
    );
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['missing', {}, 'Session.run: expected an array for g (float32 [1]), received none. Add g.'],
    ['undefined', { g: undefined }, 'Session.run: expected an array for g (float32 [1])'],
    ['unknown', { ...by(1), h: vector(1) }, 'expected arrays for g, received one for "h"'],
    ['state as a feed', { ...by(1), w: vector(1) }, 'expected arrays for g, received one for "w"'],
    [
      'of another type',
      { g: { dtype: 'int32', shape: [1], data: Int32Array.of(1) } },
      'Session.run, g: expected float32 [1], received int32 [1].',
    ],
    [
      'of another rank',
      { g: float32(Float32Array.of(1), [1, 1]) },
      'expected float32 [1], received float32 [1, 1]',
    ],
    ['of another side', { g: vector(1, 2) }, 'expected float32 [1], received float32 [2]'],
    [
      'too long',
      { g: { dtype: 'float32', shape: [1], data: new Float32Array(2) } },
      'expected 1 elements for the shape [1], received 2',
    ],
    [
      'in another array',
      { g: { dtype: 'float32', shape: [1], data: new Float64Array(1) } },
      'expected a Float32Array that holds float32, received a Float64Array',
    ],
    ['a plain number', { g: 1 }, 'Session.run, g: expected an array as'],
  ])('refuses a feed that is %s, and goes on', async (_case, feeds, message) => {
    const accumulating = await accumulate(1);
    const failure = accumulating.run(feeds as Record<string, NdArray>);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(HmsaError);
    expect(numbers((await accumulating.run(by(1))).total)).toEqual([2]);
  });

  test('refuses names of outputs and state that are not there', async () => {
    const accumulating = await accumulate(1);
    await expect(accumulating.run(by(1), { outputs: ['loss'] })).rejects.toThrow(
      'expected outputs among total, same, received "loss"',
    );
    await expect(accumulating.run(by(1), { outputs: ['w_next'] })).rejects.toThrow('getState returns it');
    await expect(accumulating.getState(['v'])).rejects.toThrow(
      'expected names of the state: w, received "v"',
    );
    await expect(accumulating.setState({ v: vector(1) })).rejects.toThrow('expected arrays for w');
    await expect(accumulating.setState({ w: vector(1, 2) })).rejects.toThrow('expected float32 [1]');
  });

  test('runs only once its state is whole', async () => {
    const accumulating = await session(accumulator(1), { state: { w: 'w_next' } });
    const message = 'expected the state to be set, received no value for w. Call setState';
    await expect(accumulating.run(by(1))).rejects.toThrow(`Session.run: ${message}`);
    await expect(accumulating.getState()).rejects.toThrow(`Session.getState: ${message}`);
  });

  test.each<[string, Record<string, string>, string]>([
    ['an unknown input', { v: 'w_next' }, 'state: expected an input of the graph: w, g, received "v"'],
    ['an unknown output', { w: 'v' }, 'state: expected an output of the graph: w_next, total, same'],
    [
      'another shape',
      { w: 'total' },
      'state, w: expected an output of float32 [3], received total of float32 [1]',
    ],
  ])('refuses state with %s', async (_case, state, message) => {
    await expect(open(accumulator(3), { state })).rejects.toThrow(message);
  });

  test('leaves the state as it was when ONNX Runtime fails, and says what failed', async () => {
    const picking = await session(
      onnxModel(
        { w: ['float32', 3], index: ['int64', 1] },
        [
          ['Gather', ['w', 'index'], ['picked']],
          ['Add', ['w', 'picked'], ['w_next']],
        ],
        { w_next: ['float32', 3], picked: ['float32', 1] },
      ),
      { state: { w: 'w_next' } },
    );
    await picking.setState({ w: vector(1, 2, 3) });
    const index = (i: bigint): Record<string, NdArray> => ({
      index: { dtype: 'int64', shape: [1], data: BigInt64Array.of(i) },
    });
    const failure = picking.run(index(9n));
    await expect(failure).rejects.toThrow(
      /^Session\.run: expected the graph to run, received ONNX Runtime's ".*9/,
    );
    await expect(failure).rejects.toThrow(HmsaError);
    expect(numbers((await picking.getState()).w)).toEqual([1, 2, 3]);
    expect(numbers((await picking.run(index(1n))).picked)).toEqual([2]);
  });

  test('an abort rejects the runs that wait, and leaves the one that runs', async () => {
    const accumulating = await accumulate(0);
    const controller = new AbortController();
    const { signal } = controller;
    const settled = Promise.allSettled([
      accumulating.run(by(1)).then(() => controller.abort(new Error('enough'))),
      accumulating.run(by(10), { signal }),
      accumulating.run(by(100), { signal }),
      accumulating.run(by(1000)),
    ]);
    const [, second, third, fourth] = await settled;
    // The second may have started by the time of the abort; the third cannot have.
    expect(third).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
    expect(fourth!.status).toBe('fulfilled');
    expect(numbers((await accumulating.getState()).w)).toEqual([
      second!.status === 'fulfilled' ? 1011 : 1001,
    ]);
    await expect(accumulating.run(by(1), { signal })).rejects.toThrow('enough');
  });

  test('reads views, shared memory and Node buffers, and takes over only what is whole', async () => {
    const accumulating = await session(accumulator(2), { state: { w: 'w_next' } });
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([1, 2]);
    await accumulating.setState({ w: float32(shared, [2]) }, { transfer: true });
    const whole = Float32Array.of(9, 5, 9);
    const view = () => float32(whole.subarray(1, 2), [1]);
    expect(numbers((await accumulating.run({ g: view() }, { transfer: true })).same)).toEqual([6, 7]);
    expect(numbers((await accumulating.run({ g: view() })).same)).toEqual([11, 12]);
    expect([...shared, ...whole]).toEqual([1, 2, 9, 5, 9]);
    const given = vector(1);
    expect(numbers((await accumulating.run({ g: given }, { transfer: true })).same)).toEqual([12, 13]);
    expect(given.data.length).toBe(0);
  });

  test('takes one array for two tensors, transferred too', async () => {
    const model = onnxModel(
      { a: ['float32', 1], b: ['float32', 1], g: ['float32', 1] },
      [
        ['Add', ['a', 'g'], ['a_next']],
        ['Mul', ['b', 'g'], ['b_next']],
      ],
      { a_next: ['float32', 1], b_next: ['float32', 1] },
    );
    const both = await session(model, { state: { a: 'a_next', b: 'b_next' } });
    const one = vector(3);
    await both.setState({ a: one, b: one }, { transfer: true });
    await both.run(by(2));
    await both.run(by(2));
    const { a, b } = await both.getState();
    expect([numbers(a), numbers(b)]).toEqual([[7], [12]]);
  });

  test('reads a model in shared memory or in part of a buffer', async () => {
    const model = accumulator(1);
    const shared = new Uint8Array(new SharedArrayBuffer(model.length));
    shared.set(model);
    const within = Buffer.concat([Buffer.alloc(3), model, Buffer.alloc(3)]).subarray(3, 3 + model.length);
    for (const bytes of [shared, within, Buffer.from(model)]) {
      expect((await session(bytes)).inputs.map(({ name }) => name)).toEqual(['w', 'g']);
    }
  });

  test('dispose lets earlier calls finish, may be repeated, and ends the session', async () => {
    const accumulating = await accumulate(1);
    const earlier = accumulating.run(by(1));
    const disposal = accumulating.dispose();
    expect(numbers((await earlier).total)).toEqual([2]);
    await Promise.all([disposal, accumulating.dispose()]);
    const message = 'expected an open session, received one that was disposed. Open a new session.';
    await expect(accumulating.run(by(1))).rejects.toThrow(`Session.run: ${message}`);
    await expect(accumulating.setState({})).rejects.toThrow(`Session.setState: ${message}`);
    await expect(accumulating.getState()).rejects.toThrow(`Session.getState: ${message}`);
  });

  test('memory that is handed over while a call waits is that call’s error alone', async () => {
    const adding = await accumulate(0);
    const feeds = by(1);
    const [first, second, third] = await Promise.allSettled([
      adding.run(feeds, { transfer: true }),
      adding.run(feeds),
      adding.run(by(2)),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({
      status: 'rejected',
      reason: {
        name: 'HmsaError',
        message:
          'Session.run, g: expected 1 elements for the shape [1], received an array whose memory was transferred elsewhere.',
      },
    });
    expect(numbers((third as PromiseFulfilledResult<Record<string, NdArray>>).value.total)).toEqual([3]);
    const waiting = by(4);
    const calls = [adding.run(by(3)), adding.run(waiting)];
    structuredClone(waiting.g.data.buffer, { transfer: [waiting.g.data.buffer as ArrayBuffer] });
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await Promise.all([adding.dispose(), adding.dispose()]);
  });

  test.each<[string, Uint8Array, SessionOptions, string]>([
    [
      'no thread',
      accumulator(1),
      { threads: 0 },
      'threads: expected a whole number from 1 to 256, received 0.',
    ],
    ['half a thread', accumulator(1), { threads: 1.5 }, 'received 1.5'],
    ['a strange device', accumulator(1), { device: 'tpu' as 'cpu' }, 'device: expected one of cpu, webgpu'],
    [
      'a strange level',
      accumulator(1),
      { optimization: 'O3' as 'all' },
      'optimization: expected one of none',
    ],
    ['a WASM profile', accumulator(1), { device: 'wasm', profile: 'x' }, 'profile: expected a native device'],
    ['no model', new Uint8Array(0), {}, 'model: expected the bytes of an ONNX file, received none.'],
    [
      'no bytes',
      '{}' as unknown as Uint8Array,
      {},
      'model: expected the bytes of an ONNX file, received string.',
    ],
    ['a broken model', accumulator(1).subarray(0, 50), {}, 'The bytes are not a whole ONNX model'],
    [
      'an unknown operator',
      onnxModel({ x: ['float32', 1] }, [['Frobnicate', ['x'], ['y']]], { y: ['float32', 1] }),
      {},
      'Frobnicate',
    ],
    [
      'a type that does not cross',
      onnxModel({ x: ['float64', 1] }, [['Identity', ['x'], ['y']]], { y: ['float64', 1] }),
      {},
      'model, x: expected a tensor of float32, float16, uint8, int8, int32, int64 or bool, received float64.',
    ],
  ])('is not opened with %s', async (_case, model, options, message) => {
    const failure = open(model, options);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(HmsaError);
    expect(((await failure.catch((error) => error)) as Error).message).not.toMatch(/\n|\/onnxruntime_src/);
  });

  test('takes over the model with transfer, and a sibling’s', async () => {
    const [first, second] = [accumulator(1), accumulator(1)].map((bytes) => Uint8Array.from(bytes));
    const adding = await session(first!, { state: { w: 'w_next' }, transfer: true });
    expect(first!.length).toBe(0);
    const other = await adding.sibling(second!, { state: { w: 'w_next' }, transfer: true });
    expect(second!.length).toBe(0);
    await adding.setState({ w: vector(1) });
    expect(numbers((await other.run(by(2))).total)).toEqual([3]);
    await other.dispose();
  });

  test.each<[string, (session: Session) => Promise<unknown>, string]>([
    ['no options', (of) => of.run(by(1), null as never), 'Session.run: expected an object of options'],
    ['no flag', (of) => of.run(by(1), { transfer: 1 as never }), 'Session.run, transfer: expected true or'],
    ['no list', (of) => of.run(by(1), { outputs: 'w' as never }), 'Session.run, outputs: expected a list'],
    ['no name', (of) => of.run(by(1), { outputs: [1n] as never }), 'outputs among total, same, received 1.'],
    ['no signal', (of) => of.run(by(1), { signal: {} as never }), 'Session.run, signal: expected an Abort'],
    ['no options of a state', (of) => of.setState({}, 1 as never), 'Session.setState: expected an object'],
    ['no names of a state', (of) => of.getState('w' as never), 'Session.getState: expected a list of names'],
    [
      'no options of a sibling',
      (of) => of.sibling(accumulator(1), 'x' as never),
      'Session.sibling: expected',
    ],
    [
      'other threads of a sibling',
      (of) => of.sibling(accumulator(1), { threads: 3 } as never),
      'Session.sibling, threads: expected 1, as the first session has it, received 3.',
    ],
  ])('refuses a call with %s, and goes on', async (_case, call, message) => {
    const accumulating = await accumulate(1);
    const failure = call(accumulating);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(HmsaError);
    expect(numbers((await accumulating.run(by(1))).total)).toEqual([2]);
  });

  test('writes its profile on disposal, where it is native', async () => {
    if (cpu === 'wasm') {
      await expect(open(accumulator(1), { profile: 'x' })).rejects.toThrow(
        'profile: expected a native device',
      );
      return;
    }
    const folder = await mkdtemp(join(tmpdir(), 'hmsa-profile-'));
    try {
      const profiled = await session(accumulator(1), { profile: join(folder, 'run') });
      await profiled.run({ w: vector(1), g: vector(1) });
      await profiled.dispose();
      const [file, ...others] = await readdir(folder);
      expect(others).toEqual([]);
      expect(file).toMatch(/^run.*\.json$/);
      const events = JSON.parse(await readFile(join(folder, file!), 'utf8')) as {
        args?: { op_name?: string };
      }[];
      expect(events.map(({ args }) => args?.op_name)).toContain('Add');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('onnxruntime-web computes on wasm where no device is named, and has neither cpu nor cuda', async () => {
  for (const device of ['cpu', 'cuda'] as const) {
    await expect(createSession(web, accumulator(1), { device })).rejects.toThrow(
      `device: expected one that onnxruntime-web has: wasm, webgpu, received "${device}".`,
    );
  }
  await expect(createSession({} as never, accumulator(1))).rejects.toThrow(
    'createSession: expected the module onnxruntime-web or onnxruntime-node, received an object.',
  );
});
