import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DEVICES, type Device } from '../../engine/runtime/index.js';

export interface DeviceReport {
  readonly device: Device;
  readonly usable: boolean;
  /** Why it cannot be used and what to do, in one line that does not repeat the name of the device. */
  readonly reason?: string;
}

/**
 * Finds out which devices work here, by a small sum on each.
 *
 * Each device is tried in its own process, because drivers write to stderr and a broken one crashes.
 */
export function listDevices(): Promise<DeviceReport[]> {
  return Promise.all(DEVICES.map(tryDevice));
}

async function tryDevice(device: Device): Promise<DeviceReport> {
  const script = fileURLToPath(new URL('./probe.js', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [script, device], { timeout: 60_000 }, (error, stdout) => {
      const answer = /\{.*\}\s*$/s.exec(stdout)?.[0];
      if (answer !== undefined) return resolve({ device, ...JSON.parse(answer) });
      const how = error?.signal ? `signal ${error.signal}` : `exit code ${error?.code}`;
      const reason = `expected a sum computed on it, received ${how} of the process that tried it.`;
      resolve({ device, usable: false, reason: `${reason} Update the device's driver, or use device cpu.` });
    });
  });
}
