import { describe, expect, test } from 'vitest';
import { NO_SOFTWARE_VULKAN, softwareVulkan } from './software-vulkan.js';
import { type TrainingJob, trainOn } from './train-on.js';
import { randomNumbers, shallowModel, wholeModel } from './training-jobs.js';

/** The losses of the job's steps on each device, which computes the whole graph. */
async function losses(job: TrainingJob, devices: readonly string[]): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const device of devices) {
    const { losses, ...result } = await trainOn(device, job);
    expect(result).toMatchObject({ device, partlyOnCpu: false });
    found[device] = losses;
  }
  return found;
}

function expectEqual({ cpu, ...others }: Record<string, number[]>): void {
  expect(cpu![4]).toBeLessThan(0.95 * cpu![0]!);
  for (const [device, found] of Object.entries(others)) {
    for (const [step, loss] of found.entries()) {
      const distance = Math.abs(loss / cpu![step]! - 1);
      expect(distance, `${device}, step ${step}: ${loss} for ${cpu![step]}`).toBeLessThan(1e-4);
    }
  }
}

test('random numbers have the same bits on every device', async ({ annotate }) => {
  const devices = ['cpu', 'wasm', ...(softwareVulkan === undefined ? [] : ['webgpu'])];
  if (softwareVulkan === undefined) await annotate(NO_SOFTWARE_VULKAN);
  const [cpu, ...others] = await Promise.all(
    devices.map(async (device) => {
      const { end, ...result } = await trainOn(device, randomNumbers());
      expect(result).toMatchObject({ device, partlyOnCpu: false });
      return end.numbers!;
    }),
  );
  expect(new Set(cpu).size).toBeGreaterThan(2000);
  for (const numbers of others) expect(numbers).toEqual(cpu);
}, 180_000);

describe('one training graph gives the same losses', () => {
  test('of a whole two-scale model, natively and in WebAssembly', async () => {
    const found = await losses(wholeModel(), ['cpu', 'wasm']);
    expectEqual(found);
  }, 180_000);

  test('of a shallow two-scale model, on WebGPU too', async ({ skip }) => {
    if (softwareVulkan === undefined) return skip(NO_SOFTWARE_VULKAN);
    const found = await losses(shallowModel(), ['cpu', 'webgpu']);
    expectEqual(found);
  }, 180_000);
});
