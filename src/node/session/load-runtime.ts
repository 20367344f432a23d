import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import {
  checkOptions,
  createSession,
  type Device,
  type OrtModule,
  type Session,
  type SessionOptions,
  type TransferOption,
} from '../../engine/runtime/index.js';
import './telemetry.js';

/**
 * Opens a session in the calling thread, which each run blocks. It is for tests and small tools. Use {@link
 * openSession} otherwise.
 *
 * @param model the bytes of an ONNX file; they may be changed or freed once the promise settles
 * @throws HmsaError when the device is missing, or the model or an option does not fit
 */
export async function openSessionInThread(
  model: Uint8Array,
  options: SessionOptions & TransferOption = {},
): Promise<Session> {
  checkOptions(options);
  const { ort, device } = await loadRuntime(options);
  return createSession(ort, model, { ...options, device });
}

const require = createRequire(import.meta.url);
const INSTALL_WEB = 'npm i onnxruntime-web@1.30.0';

export interface Runtime {
  readonly ort: OrtModule;
  /** The requested device. Default: `cpu`, or `wasm` on a platform without a native binary. */
  readonly device: Device;
}

/** How the two packages are imported. Tests replace them. */
export interface Packages {
  native(): Promise<OrtModule>;
  web(): Promise<OrtModule>;
}

const installed: Packages = {
  native: async () => requireNative(),
  web: () => import('onnxruntime-web'),
};

function requireNative(): OrtModule {
  // The package is CommonJS, so `import` would give its names only under `default`.
  const ort = require('onnxruntime-node') as OrtModule & { env: { logLevel: string } };
  ort.env.logLevel = 'error';
  return ort;
}

/** Loads the native library, of which Node keeps one. What is wrong with it is for {@link loadRuntime} to say. */
export function loadNativeAhead(): void {
  try {
    requireNative();
  } catch {}
}

/**
 * Loads the onnxruntime package for a device.
 *
 * @throws HmsaError that says what to install when it is missing
 */
export async function loadRuntime(
  { device }: Pick<SessionOptions, 'device'>,
  packages: Packages = installed,
): Promise<Runtime> {
  if (device === 'wasm') return { ort: await loadWeb(packages), device };
  try {
    const ort = await packages.native();
    if (device === 'cuda') requireCudaProvider();
    return { ort, device: device ?? 'cpu' };
  } catch (error) {
    if (error instanceof HmsaError) throw error;
    const missing = noNativeBinary(device ?? 'cpu', error);
    if (device !== undefined) throw missing;
    try {
      return { ort: await loadWeb(packages), device: 'wasm' };
    } catch {
      throw missing;
    }
  }
}

async function loadWeb(packages: Packages): Promise<OrtModule> {
  try {
    return await packages.web();
  } catch (error) {
    throw new HmsaError({
      operation: 'device wasm',
      expected: 'the package onnxruntime-web',
      received: isMissing(error) ? 'none installed' : `"${firstLine(error)}" when it was loaded`,
      remedy: `Run: ${INSTALL_WEB}`,
    });
  }
}

function noNativeBinary(device: Device, error: unknown): HmsaError {
  const platform = `${process.platform} ${process.arch}`;
  return new HmsaError({
    operation: `device ${device}`,
    expected: 'onnxruntime-node with a binary for this platform',
    received: isMissing(error) ? `none for ${platform}` : `"${firstLine(error)}" on ${platform}`,
    remedy: `Install the package again, or use device wasm: ${INSTALL_WEB}`,
  });
}

/** Checked before ONNX Runtime does it, which would print the missing file on stderr with less explanation. */
function requireCudaProvider(): void {
  const fail = (expected: string, received: string, remedy: string): never => {
    throw new HmsaError({ operation: 'device cuda', expected, received, remedy });
  };
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64') {
    fail(
      'linux x64, for which onnxruntime-node has CUDA',
      `${platform} ${arch}`,
      'Use device webgpu or cpu.',
    );
  }
  const folder = join(dirname(require.resolve('onnxruntime-node')), '..');
  if (!existsSync(join(folder, 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so'))) {
    fail(
      "ONNX Runtime's CUDA provider (libonnxruntime_providers_cuda.so) beside onnxruntime-node's library",
      'none installed',
      'For CUDA 12, with network access run: npm rebuild onnxruntime-node --ignore-scripts=false --onnxruntime-node-install=cuda12; for CUDA 13 see docs/devices.md.',
    );
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
