import { checkSignal, HmsaError, isObject, shown, suggest } from '../base/errors/index.js';
import type { ClassMap } from '../data/index.js';
import type { Segmentation, SegmentOptions } from '../prediction/index.js';
import { Connection } from './connection.js';
import { type Picture, sentPicture } from './picture.js';
import type { DeviceFacts, ModelFacts, Progress, SentModel, WebDevice } from './protocol.js';
import { Tuner, type TunerOptions } from './tuner.js';

/** Options of {@link loadModel}. */
export interface LoadModelOptions {
  /**
   * `webgpu`, `wasm`, or `auto` (default): the graphics card if there is one that works, and otherwise the CPU. `WebModel.reason`
   * says why it is what it is.
   */
  readonly device?: WebDevice | 'auto';
  /**
   * Threads on the CPU, 1 … 64; default: one for each core, at most 8. Browsers allow more than one only to pages that are
   * cross-origin isolated.
   */
  readonly threads?: number;
  /** Bytes of memory that one image may take; what would take more is labelled in tiles. Default: 3 GB, because WebAssembly has 4. */
  readonly memoryLimit?: number;
  /** The folder of `worker.mjs` and ONNX Runtime's files, if they do not lie beside the module. */
  readonly assets?: string | URL;
  /** An abort ends the loading, and the worker with it. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Options of {@link WebModel.segment}. */
export interface WebSegmentOptions extends SegmentOptions {
  readonly onProgress?: (progress: Progress) => void;
}

const known: readonly (keyof LoadModelOptions)[] = [
  'device',
  'threads',
  'memoryLimit',
  'assets',
  'signal',
  'onProgress',
];
const devices: readonly string[] = ['auto', 'webgpu', 'wasm'];

/**
 * Loads a model for use in a page: a `.safetensors` of hmsa, or an ONNX file of `hmsa export`. It lives in a worker of its own,
 * so the page is never blocked. Nothing that it is given leaves the page's origin.
 *
 * @param source an address, relative to the page; a file or other Blob; or the bytes, which stay the caller's
 * @throws HmsaError when the model cannot be had or is damaged, the device that was asked for is missing, or the worker cannot
 *   be started
 */
export async function loadModel(
  source: string | URL | Blob | Uint8Array | ArrayBuffer,
  options: LoadModelOptions = {},
): Promise<WebModel> {
  checkLoadOptions(options);
  const { device = 'auto', threads, memoryLimit, assets, signal, onProgress } = options;
  const model = sentModel(source);
  const connection = new Connection(assets === undefined ? undefined : folderOf(assets));
  try {
    const request = {
      model,
      device,
      ...(threads === undefined ? {} : { threads }),
      ...(memoryLimit === undefined ? {} : { memoryLimit }),
    };
    const loaded = await connection.call('load', request, { ...(signal && { signal }), onProgress });
    return new WebModel(connection, loaded.model, loaded.device);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** A model in a worker. Calls are done one after the other. */
export class WebModel {
  readonly #connection: Connection;
  #facts: ModelFacts;
  #device: DeviceFacts;

  /** @internal */
  constructor(connection: Connection, facts: ModelFacts, device: DeviceFacts) {
    this.#connection = connection;
    this.#facts = facts;
    this.#device = device;
  }

  /** The name of its file. */
  get name(): string {
    return this.#facts.name;
  }

  get classes(): ClassMap {
    return this.#facts.classes;
  }

  /** The scales that it was trained on, highest first. */
  get scales(): readonly number[] {
    return this.#facts.scales;
  }

  /** Whether scales can be chosen, details be had, and it be trained: true of `.safetensors`, false of exported files. */
  get isOpen(): boolean {
    return this.#facts.isOpen;
  }

  /** Whether `confidence` can be had. */
  get hasConfidence(): boolean {
    return this.#facts.hasConfidence;
  }

  /** What it computes on now. A graphics card that fails is left for the CPU. */
  get device(): WebDevice {
    return this.#device.device;
  }

  /** Why it computes on that, with the number of threads, in words. */
  get reason(): string {
    return this.#device.reason;
  }

  /**
   * Makes the first call of {@link segment} with these options quick: builds the network, and runs it on small empty images until
   * the browser has compiled the code for its processor. Call it while the user looks for a picture. An abort rejects at once.
   *
   * @throws HmsaError when an option does not fit the model
   */
  async prepare(options: WebSegmentOptions = {}): Promise<void> {
    if (!isObject(options)) refuse('prepare: options', 'an object', options);
    const { signal, onProgress, ...rest } = options;
    checkSignal(signal, 'prepare: signal');
    signal?.throwIfAborted();
    const request = { options: rest };
    this.#device = await this.#connection.call('prepare', request, { onProgress, ...(signal && { signal }) });
  }

  /**
   * Labels every pixel of a picture, as `Segmenter.segment` does in Node: with the same scales, combination, details, confidence
   * and limits. An abort rejects at once.
   *
   * @throws HmsaError when the picture cannot be read, is too small or too large, or an option does not fit
   */
  async segment(picture: Picture, options: WebSegmentOptions = {}): Promise<Segmentation> {
    if (!isObject(options)) refuse('segment: options', 'an object', options);
    const { signal, onProgress, ...rest } = options;
    checkSignal(signal, 'segment: signal');
    signal?.throwIfAborted();
    const sent = await sentPicture(picture);
    const request = { picture: sent.picture, options: rest };
    const { segmentation, device } = await this.#connection.call('segment', request, {
      transfer: sent.transfer,
      onProgress,
      ...(signal && { signal }),
    });
    this.#device = device;
    return segmentation;
  }

  /**
   * Prepares training of attention and head on painted pixels of one picture; see {@link Tuner}. A model has one tuner at a time.
   *
   * @throws HmsaError when the model is an exported file, or the classes do not begin with those of the model
   */
  async tune(picture: Picture, options: TunerOptions = {}): Promise<Tuner> {
    const { signal, onProgress, classes = this.classes, learningRate = 3e-4 } = options;
    if (!(typeof learningRate === 'number' && learningRate > 0 && learningRate <= 1))
      refuse('tune: learningRate', 'a number above 0, at most 1', learningRate);
    const sent = await sentPicture(picture);
    const request = { picture: sent.picture, classes, learningRate };
    await this.#connection.call('beginTuning', request, {
      transfer: sent.transfer,
      onProgress,
      ...(signal && { signal }),
    });
    return new Tuner(this.#connection, classes, (facts) => {
      this.#facts = facts;
    });
  }

  /**
   * The bytes of a `.safetensors` file that hmsa loads, here and in Node.
   *
   * @param precision float16 nearly halves the file
   * @throws HmsaError when the model is an exported file
   */
  encode(precision: 'float32' | 'float16' = 'float32'): Promise<Uint8Array> {
    return this.#connection.call('encode', { precision });
  }

  /** Ends the worker and frees its memory. Calls that are under way reject. */
  dispose(): void {
    this.#connection.close();
  }
}

function sentModel(source: unknown): SentModel {
  if (typeof source === 'string' || source instanceof URL) {
    const base = typeof document === 'undefined' ? globalThis.location?.href : document.baseURI;
    try {
      return { url: new URL(source, base).href };
    } catch {
      return refuse('loadModel', 'the address of a model', source);
    }
  }
  const name = 'model';
  if (typeof Blob !== 'undefined' && source instanceof Blob)
    return { blob: source, name: 'name' in source ? String(source.name) : name };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), name };
  if (source instanceof Uint8Array) return { bytes: source, name };
  return refuse('loadModel', 'an address, a File or Blob, or the bytes of a model', source);
}

function checkLoadOptions(options: LoadModelOptions): void {
  if (!isObject(options)) refuse('loadModel: options', 'an object', options);
  for (const name of Object.keys(options)) {
    if ((known as string[]).includes(name)) continue;
    refuse('loadModel: options', 'the name of an option', name, suggest(name, known));
  }
  const { device, threads, memoryLimit, signal, onProgress } = options;
  checkSignal(signal, 'loadModel: signal');
  if (device !== undefined && !devices.includes(device))
    refuse('loadModel: device', `one of ${devices.join(', ')}`, device);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64))
    refuse('loadModel: threads', 'a whole number from 1 to 64', threads);
  if (memoryLimit !== undefined && !(typeof memoryLimit === 'number' && memoryLimit > 0))
    refuse('loadModel: memoryLimit', 'a number of bytes above 0', memoryLimit);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    refuse('loadModel: onProgress', 'a function', onProgress);
}

function folderOf(assets: string | URL): URL {
  const base = typeof document === 'undefined' ? globalThis.location?.href : document.baseURI;
  try {
    const url = new URL(assets, base);
    return url.pathname.endsWith('/') ? url : new URL(`${url.href}/`);
  } catch {
    return refuse('loadModel: assets', 'the address of a folder', assets);
  }
}

function refuse(operation: string, expected: string, received: unknown, remedy?: string): never {
  throw new HmsaError({
    operation,
    expected,
    received: shown(received),
    ...(remedy === undefined ? {} : { remedy }),
  });
}
