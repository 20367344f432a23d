import * as ortJspi from 'onnxruntime-web/jspi';
import * as ortWasm from 'onnxruntime-web/wasm';
import { HmsaError } from '../../base/errors/index.js';
import {
  createSession,
  type OrtModule,
  type Session,
  type SessionOptions,
} from '../../engine/runtime/index.js';
import type { DeviceFacts, LoadRequest, WebDevice } from '../protocol.js';

/** What a worker knows of the browser; the types of WebGPU are not among those of TypeScript's DOM. */
interface Gpu {
  requestAdapter(): Promise<{
    readonly isFallbackAdapter?: boolean;
    readonly info?: { readonly isFallbackAdapter?: boolean; readonly vendor?: string };
  } | null>;
}

/** More threads gain little on images of usual size, and each has a stack of its own. */
const MOST_THREADS = 8;

/**
 * Opens graphs on the best device that works. A graphics card that fails is left for good: everything opened from then on
 * runs on the CPU, and the reason says what failed.
 */
export class Runtime {
  #facts: DeviceFacts;
  readonly #threads: number | undefined;

  static async start({ device, threads }: Pick<LoadRequest, 'device' | 'threads'>): Promise<Runtime> {
    if (device === 'wasm') return new Runtime('wasm', 'asked for', threads);
    const missing = await whyNoGpu(device === 'webgpu');
    if (missing === undefined) {
      const reason = device === 'auto' ? 'this browser has a graphics adapter' : 'asked for';
      return new Runtime('webgpu', reason, threads);
    }
    if (device === 'auto') return new Runtime('wasm', missing, threads);
    throw new HmsaError({
      operation: 'device webgpu',
      expected: 'a browser with WebGPU and a graphics adapter',
      received: missing,
      remedy: "Leave device out, or give 'wasm'.",
    });
  }

  private constructor(device: WebDevice, reason: string, threads: number | undefined) {
    this.#threads = threads;
    this.#facts = factsOf(device, reason, threads);
  }

  get facts(): DeviceFacts {
    return this.#facts;
  }

  /** Opens a graph on the device, or on the CPU if the graphics card refuses it. */
  async open(graph: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    if (this.#facts.device === 'webgpu') {
      try {
        return await createSession(setUp('webgpu', this.#threads), graph, { ...options, device: 'webgpu' });
      } catch (error) {
        this.giveUpGpu(error);
      }
    }
    return openOnCpu(graph, options, this.#threads);
  }

  /** From now on, everything runs on the CPU. */
  giveUpGpu(error: unknown): void {
    const text = error instanceof HmsaError ? error.received : String((error as Error)?.message ?? error);
    this.#facts = factsOf('wasm', `WebGPU failed: ${text}`, this.#threads);
  }

  /** Opens a graph on the CPU, whatever the device is: training does, because all its operators are exact there. */
  openOnCpu(graph: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    return openOnCpu(graph, options, this.#threads);
  }
}

function openOnCpu(
  graph: Uint8Array,
  options: SessionOptions,
  threads: number | undefined,
): Promise<Session> {
  return createSession(setUp('wasm', threads), graph, { ...options, device: 'wasm' });
}

function factsOf(device: WebDevice, reason: string, asked: number | undefined): DeviceFacts {
  if (device === 'webgpu') return { device, reason };
  const threads = threadsOf(asked);
  const counted = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const shared = globalThis.crossOriginIsolated
    ? ''
    : ', because the page is not cross-origin isolated (headers COOP and COEP)';
  return { device, reason: `${reason}; ${counted}${shared}` };
}

function threadsOf(asked: number | undefined): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return asked ?? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1);
}

/** ONNX Runtime for a device, with the place of its files, which lie beside this script. */
function setUp(device: WebDevice, threads: number | undefined): OrtModule {
  const ort = device === 'webgpu' ? ortJspi : ortWasm;
  const { wasm } = ort.env;
  // Each address is written out, so that bundlers find the files.
  wasm.wasmPaths ??=
    device === 'webgpu'
      ? {
          mjs: new URL('./ort-wasm-simd-threaded.jspi.mjs', import.meta.url).href,
          wasm: new URL('./ort-wasm-simd-threaded.jspi.wasm', import.meta.url).href,
        }
      : {
          mjs: new URL('./ort-wasm-simd-threaded.mjs', import.meta.url).href,
          wasm: new URL('./ort-wasm-simd-threaded.wasm', import.meta.url).href,
        };
  wasm.numThreads = threadsOf(threads);
  ort.env.logLevel = 'error';
  return ort as unknown as OrtModule;
}

/** What is missing for WebGPU; undefined if it may be tried. */
async function whyNoGpu(isSoftwareFine: boolean): Promise<string | undefined> {
  const { gpu } = navigator as unknown as { gpu?: Gpu };
  if (gpu === undefined) return 'this browser has no WebGPU here';
  if (!('Suspending' in WebAssembly))
    return 'this browser lacks what WebGPU needs beside it (JSPI of WebAssembly)';
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter === null) return 'WebGPU found no graphics adapter';
  const isSoftware = adapter.isFallbackAdapter ?? adapter.info?.isFallbackAdapter ?? false;
  return isSoftware && !isSoftwareFine ? 'the graphics adapter is software, which is slower' : undefined;
}
