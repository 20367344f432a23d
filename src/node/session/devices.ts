import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DEVICES, type Device } from '../../engine/runtime/index.js';

export interface DeviceReport {
  readonly device: Device;
  readonly usable: boolean;
  /** Why it is not usable and what to do about it, in one line that does not name the device again. */
  readonly reason?: string;
}

/**
 * Which devices compute here, each found out by a small sum.
 *
 * Every device is tried in a process of its own: drivers write on stderr, and a broken one crashes.
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
      const reason = `expected a sum computed on it, received ${how} of the process that tried.`;
      resolve({ device, usable: false, reason: `${reason} Update the device's driver, or use device cpu.` });
    });
  });
}
