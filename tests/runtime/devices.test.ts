import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { float32 } from '../../dist/base/arrays.js';
import { HmsaError } from '../../dist/base/errors/index.js';
import { listDevices, openSession } from '../../dist/node/session/index.js';
import { loadRuntime, type Packages } from '../../dist/node/session/load-runtime.js';
import { accumulator, descent, onnxModel } from './models.js';
import { NO_SOFTWARE_VULKAN, softwareVulkan } from './software-vulkan.js';
import { type TrainingResult, trainOn } from './train-on.js';

const bindings = new URL('../../node_modules/onnxruntime-node/bin/napi-v6/linux/x64/', import.meta.url);
const cudaInstalled = existsSync(new URL('libonnxruntime_providers_cuda.so', bindings));

const wave = (shape: number[], frequency: number) =>
  float32(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(1 + i * frequency)),
    shape,
  );

/** Five steps of gradient descent. */
function train(device: string, thread: 'own' | 'worker') {
  const [rows, columns] = [12, 5];
  const job = {
    model: descent(rows, columns),
    options: { state: { w: 'w_next' } },
    start: { w: wave([columns, 1], 3) },
    feeds: {
      x: wave([rows, columns], 0.7),
      y: wave([rows, 1], 1.3),
      rate: float32(Float32Array.of(0.05), [1]),
    },
    steps: 5,
  };
  return trainOn(device, job, thread);
}

describe('the same training graph', () => {
  let reference: TrainingResult;
  beforeAll(async () => {
    reference = await train('cpu', 'own');
  });

  test('descends on the CPU', () => {
    const { losses, device } = reference;
    expect(device).toBe('cpu');
    expect(losses.every((loss, step) => step === 0 || loss < losses[step - 1]!)).toBe(true);
  });

  const others = [
    ['cpu', 'worker'],
    ['wasm', 'own'],
    ['wasm', 'worker'],
    ['webgpu', 'own'],
    ['webgpu', 'worker'],
  ] as const;
  test.for(others)('agrees on %s, session in thread: %s', async ([device, thread], { skip }) => {
    if (device === 'webgpu' && softwareVulkan === undefined) return skip(NO_SOFTWARE_VULKAN);
    const result = await train(device, thread);
    expect(result).toMatchObject({ device, partlyOnCpu: false });
    for (const [step, loss] of result.losses.entries()) expect(loss).toBeCloseTo(reference.losses[step]!, 5);
    for (const [i, weight] of result.end.w!.entries()) expect(weight).toBeCloseTo(reference.end.w![i]!, 5);
  });
});

test('a GPU that leaves nodes to the CPU is not claimed whole', ({ skip }) => {
  if (softwareVulkan === undefined) return skip(NO_SOFTWARE_VULKAN);
  // NonZero has no WebGPU kernel.
  const model = onnxModel({ x: ['float32', 3] }, [['NonZero', ['x'], ['where']]], {
    where: ['int64', 1, 'n'],
  });
  const script = `
    const { openSession } = await import(${JSON.stringify(new URL('../../dist/node/session/index.js', import.meta.url))});
    const session = await openSession(Buffer.from('${Buffer.from(model).toString('base64')}', 'base64'), { device: 'webgpu' });
    process.stdout.write(String(session.partlyOnCpu));
    await session.dispose();`;
  const arguments_ = ['--input-type=module', '--eval', script];
  expect(execFileSync(process.execPath, arguments_, { env: softwareVulkan }).toString()).toBe('true');
});

describe('listDevices', () => {
  test('tries each device, and says in one line what is missing', async () => {
    const reports = await listDevices();
    expect(reports.map(({ device }) => device)).toEqual(['cpu', 'webgpu', 'cuda', 'wasm']);
    for (const { usable, reason } of reports) {
      if (usable) expect(reason).toBeUndefined();
      else expect(reason).toMatch(/^expected .+, received .+\. .+\.?$/);
    }
    expect(reports.filter(({ usable }) => usable).map(({ device }) => device)).toEqual(
      expect.arrayContaining(['cpu', 'wasm']),
    );
  });
});

describe('a missing device', () => {
  const missing = (code: string) => Object.assign(new Error('Cannot find it\nat somewhere'), { code });
  const native: Packages['native'] = async () => {
    throw missing('MODULE_NOT_FOUND');
  };
  const web: Packages['web'] = async () => {
    throw missing('ERR_MODULE_NOT_FOUND');
  };
  const present = {} as Awaited<ReturnType<Packages['web']>>;

  test('wasm names the line that installs it', async () => {
    await expect(loadRuntime({ device: 'wasm' }, { native, web })).rejects.toThrow(
      'device wasm: expected the package onnxruntime-web, received none installed. Run: npm i onnxruntime-web@1.30.0',
    );
  });

  test('cpu without a native binary names the platform and wasm', async () => {
    const failure = loadRuntime({ device: 'cpu' }, { native, web });
    await expect(failure).rejects.toThrow(`received none for ${process.platform} ${process.arch}.`);
    await expect(failure).rejects.toThrow('use device wasm: npm i onnxruntime-web@1.30.0');
    await expect(failure).rejects.toThrow(HmsaError);
  });

  test('no device named, no native binary: wasm where it is installed', async () => {
    const loaded = await loadRuntime({}, { native, web: async () => present });
    expect(loaded).toEqual({ ort: present, device: 'wasm' });
    await expect(loadRuntime({}, { native, web })).rejects.toThrow('device cpu: expected onnxruntime-node');
  });

  test.skipIf(cudaInstalled)('cuda names what installs it', async () => {
    const remedy =
      process.platform === 'linux' && process.arch === 'x64'
        ? 'npm rebuild onnxruntime-node --ignore-scripts=false --onnxruntime-node-install=cuda12'
        : 'Use device webgpu or cpu.';
    await expect(openSession(accumulator(1), { device: 'cuda' })).rejects.toThrow(remedy);
  });
});
