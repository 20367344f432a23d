import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { type DeviceReport, listDevices } from '../session/index.js';
import { version } from '../version.js';

const require = createRequire(import.meta.url);

/** What this machine offers to `hmsa`. */
export interface SystemReport {
  /** Version of this package. */
  readonly hmsa: string;
  readonly node: string;
  /** Such as `linux x64`. */
  readonly platform: string;
  /** Versions of the installed packages; missing if a package is not installed. */
  readonly onnxruntime: { readonly node?: string; readonly web?: string };
  readonly cpu: {
    /** Empty if unknown. */
    readonly model: string;
    /** Number of cores that this process may use. */
    readonly cores: number;
  };
  readonly devices: readonly DeviceReport[];
}

/** Versions, cores and devices. Each device is tried, which takes a few seconds. */
export async function describeSystem(): Promise<SystemReport> {
  const [native, web] = ['onnxruntime-node', 'onnxruntime-web'].map(installedVersion);
  return {
    hmsa: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    onnxruntime: {
      ...(native === undefined ? {} : { node: native }),
      ...(web === undefined ? {} : { web }),
    },
    cpu: { model: cpus()[0]?.model.trim() ?? '', cores: availableParallelism() },
    devices: await listDevices(),
  };
}

/** Looked up by its path, because some packages do not export their package.json. */
function installedVersion(name: string): string | undefined {
  let folder: string;
  try {
    folder = dirname(require.resolve(name));
  } catch {
    return undefined;
  }
  while (dirname(folder) !== folder) {
    const file = join(folder, 'package.json');
    const content = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    if (content.name === name) return content.version;
    folder = dirname(folder);
  }
  return undefined;
}
