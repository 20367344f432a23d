import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { NamedArrays, SessionOptions } from '../../src/engine/runtime/index.js';
import { softwareVulkan } from './software-vulkan.js';

export interface TrainingJob {
  readonly model: Uint8Array;
  /** What its session is opened with. */
  readonly options: Omit<SessionOptions, 'device' | 'threads'>;
  readonly start: NamedArrays;
  /** Given to each step alike. */
  readonly feeds: NamedArrays;
  readonly steps: number;
}

export interface TrainingResult {
  readonly device: string;
  readonly partlyOnCpu: boolean;
  /** The output `loss` of each step. */
  readonly losses: number[];
  /** The state after the last step. */
  readonly end: Record<string, number[]>;
}

/** Takes the steps in a process of its own, on WebGPU in software where there is no other. */
export function trainOn(
  device: string,
  job: TrainingJob,
  thread: 'own' | 'worker' = 'worker',
): Promise<TrainingResult> {
  const script = fileURLToPath(new URL('./fixtures/train.mjs', import.meta.url));
  const env = device === 'webgpu' ? softwareVulkan : process.env;
  const { model, start, feeds, ...rest } = job;
  const text = JSON.stringify({
    ...rest,
    device,
    thread,
    model: Buffer.from(model).toString('base64'),
    start: inText(start),
    feeds: inText(feeds),
  });
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [script],
      { maxBuffer: 2 ** 28, ...(env && { env }) },
      (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout))),
    );
    child.stdin!.end(text);
  });
}

function inText(arrays: NamedArrays) {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { dtype, shape, data }]) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      return [name, { dtype, shape, data: bytes.toString('base64') }];
    }),
  );
}
