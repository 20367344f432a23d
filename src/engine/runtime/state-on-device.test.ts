import { expect, test } from 'vitest';
import { float32 } from '../../base/arrays.js';
import { createSession, type OrtModule } from './index.js';
import type { OrtSessionOptions, OrtTensor } from './ort.js';

/** A tensor that, as onnxruntime-web's, throws where its elements are read while they are on the device. */
class FakeTensor implements OrtTensor {
  readonly type = 'float32';
  downloads = 0;
  #location: string;
  #data: Float32Array;

  constructor(
    _type: string,
    data: Float32Array,
    readonly dims: readonly number[],
    location = 'cpu',
  ) {
    this.#data = data;
    this.#location = location;
  }

  get location(): string {
    return this.#location;
  }

  get data(): Float32Array {
    if (this.#location !== 'cpu') throw new Error(`The data is not on CPU: ${this.#location}`);
    return this.#data;
  }

  async getData(release?: boolean): Promise<Float32Array> {
    expect(release).toBe(true);
    if (this.#data[0]! > 100) throw new Error('The device was lost.');
    this.downloads++;
    this.#location = 'cpu';
    return this.#data;
  }

  dispose(): void {
    this.#location = 'none';
  }

  /** What a kernel sees. */
  get element(): number {
    if (this.#location === 'none') throw new Error('The tensor is disposed.');
    return this.#data[0]!;
  }
}

/** Adds x to w; `ok` is 0 where x is below 0. Outputs are left where the options say. */
function fakeRuntime() {
  const opened: OrtSessionOptions[] = [];
  const made: FakeTensor[] = [];
  const one = (name: string) => ({ isTensor: true, name, type: 'float32', shape: [1] }) as const;
  const ort: OrtModule = {
    Tensor: FakeTensor,
    InferenceSession: {
      async create(_, options) {
        opened.push(options);
        return {
          inputMetadata: [one('x'), one('w')],
          outputMetadata: [one('y'), one('next'), one('ok')],
          async run(feeds, fetches) {
            const [x, w] = [feeds.x, feeds.w].map((tensor) => (tensor as FakeTensor).element) as [
              number,
              number,
            ];
            const values: Record<string, number> = { y: 2 * (w + x), next: w + x, ok: x < 0 ? 0 : 1 };
            return Object.fromEntries(
              fetches.map((name) => {
                const location = options.preferredOutputLocation?.[name] ?? 'cpu';
                const tensor = new FakeTensor('float32', Float32Array.of(values[name]!), [1], location);
                if (name === 'next') made.push(tensor);
                return [name, tensor];
              }),
            );
          },
          async release() {},
          endProfiling() {},
        };
      },
    },
  };
  return { ort, opened, made };
}

const vector = (value: number) => float32(Float32Array.of(value), [1]);
const options = { device: 'webgpu', state: { w: 'next' }, commit: 'ok', stateOnDevice: true } as const;

test('state stays on the device until it is asked for, and is freed when it is replaced', async () => {
  const { ort, opened, made } = fakeRuntime();
  const session = await createSession(ort, Uint8Array.of(1), options);
  expect(opened[0]!.preferredOutputLocation).toEqual({ next: 'gpu-buffer' });
  await session.setState({ w: vector(1) });
  for (const [x, y] of [
    [1, 4],
    [2, 8],
    [3, 14],
  ] as const) {
    expect((await session.run({ x: vector(x) })).y!.data).toEqual(Float32Array.of(y));
  }
  expect(made.map(({ downloads }) => downloads)).toEqual([0, 0, 0]);
  expect(made.map(({ location }) => location)).toEqual(['none', 'none', 'gpu-buffer']);

  // A bad step leaves the state, on the device, as it was.
  await session.run({ x: vector(-5) });
  expect(made.map(({ location }) => location)).toEqual(['none', 'none', 'gpu-buffer', 'none']);

  expect((await session.getState()).w!.data).toEqual(Float32Array.of(7));
  expect((await session.getState()).w!.data).toEqual(Float32Array.of(7));
  expect(made[2]!.downloads).toBe(1);
  expect((await session.run({ x: vector(1) })).y!.data).toEqual(Float32Array.of(16));

  // A sibling reads the same tensor where it is.
  const sibling = await session.sibling(Uint8Array.of(1), { state: { w: null } });
  expect(opened[1]!.preferredOutputLocation).toEqual({});
  expect((await sibling.run({ x: vector(0) })).y!.data).toEqual(Float32Array.of(16));
  await sibling.dispose();
  expect(made[4]!.location).toBe('gpu-buffer');
  await session.dispose();
  expect(made[4]!.location).toBe('none');
  expect(made.reduce((sum, { downloads }) => sum + downloads, 0)).toBe(1);
});

test('a device that is lost is an error with the way out, and the state stays', async () => {
  const { ort } = fakeRuntime();
  const session = await createSession(ort, Uint8Array.of(1), options);
  await session.setState({ w: vector(100) });
  await session.run({ x: vector(1) });
  await expect(session.getState()).rejects.toThrow(
    /^Session\.getState: expected values from webgpu, received ONNX Runtime's "The device was lost"/,
  );
  expect((await session.run({ x: vector(1) })).y!.data).toEqual(Float32Array.of(204));
});

test('nothing is asked of the runtime on other devices, or where it is not wanted', async () => {
  const { ort, opened } = fakeRuntime();
  await createSession(ort, Uint8Array.of(1), { ...options, device: 'cpu' });
  await createSession(ort, Uint8Array.of(1), { ...options, stateOnDevice: false });
  for (const each of opened) expect(each).not.toHaveProperty('preferredOutputLocation');
  const wrong = { ...options, stateOnDevice: 'yes' as never };
  await expect(createSession(ort, Uint8Array.of(1), wrong)).rejects.toThrow(
    /^stateOnDevice: expected true or false/,
  );
});

test.each([['webgpu'], ['cuda']] as const)(
  '%s of onnxruntime-node is refused before a session is opened',
  async (device) => {
    const { ort, opened } = fakeRuntime();
    const native = { ...ort, env: { versions: { node: '1.30.0' } } };
    await expect(createSession(native, Uint8Array.of(1), { ...options, device })).rejects.toThrow(
      `stateOnDevice: expected webgpu of onnxruntime-web, in a browser, received ${device} of onnxruntime-node, which gives its outputs to the CPU. Leave it out`,
    );
    expect(opened).toEqual([]);
    await createSession(native, Uint8Array.of(1), { ...options, device, stateOnDevice: false });
    await createSession(native, Uint8Array.of(1), { ...options, device: 'cpu' });
  },
);
