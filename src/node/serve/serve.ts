import type { Server } from 'node:http';
import type { Combination } from '../../model/index.js';
import type { Segmenter } from '../../prediction/index.js';
import { loadModel } from '../jobs/index.js';
import { shippedModel } from '../shipped-model.js';
import { type ModelAnswer, modelPaths, serveApp } from './app.js';
import type { Connections } from './connections.js';
import { isLoopback } from './guard.js';
import { addressOf, httpServer, listen } from './http-server.js';
import { Metrics } from './metrics.js';
import { checkServeOptions, limitsOf, packagedApp, type ServeLimits, type ServeOptions } from './options.js';
import { publicName, SegmentService } from './segment-service.js';

/** A server that runs. */
export interface RunningServer {
  /** Where it is reached, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The address that it listens at. */
  readonly host: string;
  readonly port: number;
  /** Whether only this machine reaches it. */
  readonly isLocal: boolean;
  /** How images are labelled where a request does not say it; scales highest first. */
  readonly scales: readonly number[];
  readonly combine: Combination;
  /** Addresses at which files of models can be downloaded. */
  readonly modelFiles: readonly string[];
  /**
   * Ends it: no further connections; images that wait or are being sent are answered 503; what is computed is finished and answered.
   * Resolves when everything is closed. A second call gives the same promise.
   */
  close(): Promise<void>;
}

/**
 * Serves a model over HTTP: `POST /v1/segment` labels an image, `/` is the browser app, `/docs` and `/openapi.json` describe the
 * rest. Images are labelled one after the other; nothing that is sent is stored. Only this machine reaches it unless `host` says
 * otherwise.
 *
 * ```ts
 * const server = await serve({ port: 0 });
 * await fetch(`${server.url}/v1/segment`, { method: 'POST', body: await readFile('street.jpg') });
 * await server.close();
 * ```
 *
 * @throws HmsaError when an option or the model is not valid, the port is in use, or the address is not one of this machine
 */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  checkServeOptions(options);
  // What is wrong and cheap to find comes before the model.
  const host = await addressOf(options.host ?? '127.0.0.1');
  const segmenter = await loadModel(options.model, options.session);
  try {
    return await serveSegmenter(segmenter, { ...options, host });
  } catch (error) {
    await segmenter.dispose();
    throw error;
  }
}

/** Serves with a segmenter, which {@link RunningServer.close} disposes. @param options with an address as the host */
export async function serveSegmenter(segmenter: Segmenter, options: ServeOptions): Promise<RunningServer> {
  const { host: address = '127.0.0.1', port = 8080, model, allowedHosts = [] } = options;
  const limits = limitsOf(options);
  const isLocal = isLoopback(address);
  const { shareModel = isLocal || model === undefined } = options;
  const { onRequest = () => {}, onError = () => {} } = options;
  const { scales: ownScales, combine: ownCombine, maxSide } = options;
  const defaults = {
    ...(ownScales !== undefined && { scales: ownScales }),
    ...(ownCombine !== undefined && { combine: ownCombine }),
    ...(maxSide !== undefined && { maxSide }),
  };
  const metrics: Metrics = new Metrics(() => gaugesOf(service));
  const service: SegmentService = new SegmentService(segmenter, limits, defaults, metrics);
  const { scales, combine } = await service.warmUp();
  const files = await modelFiles(model, shareModel);
  const { classes, imageSize } = segmenter.model;
  const answer: ModelAnswer = {
    name: publicName(model ?? files[modelPaths.served] ?? 'the model of hmsa'),
    classes: classes.names.map((name, id) => ({ id, name, color: [...classes.colors[id]!] })),
    scales: [...scales],
    combine,
    ...(imageSize && { imageSize }),
    ...(shareModel && { file: modelPaths.served }),
    limits: { bodyBytes: limits.bodyBytes, pixels: limits.pixels },
  };
  const names = isLocal ? ['localhost', ...allowedHosts] : undefined;
  const app = serveApp({
    ...{ service, metrics, limits, model: answer, files, names, onRequest, onError },
    app: options.app ?? packagedApp,
  });
  const { server, connections } = httpServer(app, limits);
  const bound = await listen(server, address, port);
  let ending: Promise<void> | undefined;
  return {
    url: `http://${hostInUrl(bound.address)}:${bound.port}`,
    host: bound.address,
    port: bound.port,
    isLocal,
    scales,
    combine,
    modelFiles: Object.keys(files),
    close() {
      ending ??= end(server, connections, service, segmenter, limits);
      return ending;
    },
  };
}

/** Time between looks for connections that can be closed, while the server ends. */
const IDLE_LOOK_MS = 50;

async function end(
  server: Server,
  connections: Connections,
  service: SegmentService,
  segmenter: Segmenter,
  { workSeconds, stallSeconds }: ServeLimits,
): Promise<void> {
  service.close();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose answer is being sent now stays open for further requests otherwise.
  const idle = setInterval(() => connections.closeIdle(), IDLE_LOOK_MS);
  // Longer than anything takes that is to be finished.
  const last = setTimeout(() => server.closeAllConnections(), 1000 * (workSeconds + stallSeconds));
  await closed;
  clearInterval(idle);
  clearTimeout(last);
  await segmenter.dispose();
}

/** The files that can be downloaded, by their address. The model of the package is public anyway. */
async function modelFiles(model: string | undefined, isShared: boolean): Promise<Record<string, string>> {
  // A package may come without a model.
  const shipped = await shippedModel().catch(() => undefined);
  const served = model ?? shipped?.file;
  return {
    ...(isShared && served !== undefined && { [modelPaths.served]: served }),
    ...(shipped && { [modelPaths.shipped]: shipped.file }),
  };
}

/** What a browser calls the address. */
function hostInUrl(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}

function gaugesOf({ queue, held, isReady }: SegmentService) {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    queue_waiting: ['Images that wait.', queue.waiting],
    queue_running: ['Images that are labelled now.', queue.running],
    held_bytes: ['Uploads and answers in memory.', held.held],
    ready: ['1 if it takes images.', isReady ? 1 : 0],
    resident_memory_bytes: ['Memory of the process.', rss],
    heap_used_bytes: ['Memory of its JavaScript.', heapUsed],
    uptime_seconds: ['Since the process began.', process.uptime()],
  } as const;
}
