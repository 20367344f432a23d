import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { callback, checkNamed, flag, type Shape, text } from '../../base/schema/index.js';
import type { SegmenterOptions, SegmentOptions } from '../../prediction/index.js';

/** What a request may take. */
export interface ServeLimits {
  /** Bytes of an upload. Default 32 MiB. */
  readonly bodyBytes: number;
  /** Pixels of an image, checked before it is decoded. Default 2²⁵, 33 million. */
  readonly pixels: number;
  /** Images that wait while another one is labelled. Further requests are answered 503. Default 16. */
  readonly waiting: number;
  /** Seconds from the end of an upload to its answer. Default 60. */
  readonly workSeconds: number;
  /** Seconds that an upload may take. Default 60. */
  readonly uploadSeconds: number;
  /** Seconds without a byte after which a client that does not read its answer is cut off. Default 30. */
  readonly stallSeconds: number;
  /** Bytes of all uploads and answers in memory. Further uploads are answered 503. Default 256 MiB. */
  readonly heldBytes: number;
  /** Open connections. Further ones are refused. Default 1024. */
  readonly connections: number;
}

/** One request, after its answer was made. */
export interface ServedRequest {
  readonly method: string;
  /** Its path, without the query. */
  readonly path: string;
  /** The status of the answer; 499 if the client went away before. */
  readonly status: number;
  readonly seconds: number;
}

export interface ServeOptions extends Pick<SegmentOptions, 'scales' | 'combine' | 'maxSide'> {
  /** The model file. Default: the model of the package. */
  readonly model?: string;
  /** The address to listen at. Default `127.0.0.1`, which only this machine reaches. */
  readonly host?: string;
  /** Default 8080; 0 for any free port. */
  readonly port?: number;
  /**
   * Further names of this server in the `Host` header, such as that of a reverse proxy. A server that only this machine reaches
   * refuses all other names, because a page on the internet can make its own name lead here (DNS rebinding).
   */
  readonly allowedHosts?: readonly string[];
  /** The folder of the built browser app. Default: that of the package. */
  readonly app?: string;
  /**
   * Whether the model's file can be downloaded, so that the app can run it. Default: if it is the model of the package, or only
   * this machine reaches the server.
   */
  readonly shareModel?: boolean;
  /** Where the model runs. */
  readonly session?: SegmenterOptions;
  readonly limits?: Partial<ServeLimits>;
  /** Called after each request. */
  readonly onRequest?: (request: ServedRequest) => unknown;
  /** Called for each error that is not the client's. */
  readonly onError?: (error: unknown) => unknown;
}

const count = (least: number) => z.int().min(least).optional();
const seconds = z
  .number()
  .positive()
  .max(2 ** 20)
  .optional();

const limitsShape = {
  bodyBytes: count(1),
  pixels: count(1),
  waiting: count(0),
  workSeconds: seconds,
  uploadSeconds: seconds,
  stallSeconds: seconds,
  heldBytes: count(1),
  connections: count(1),
} satisfies Shape<ServeLimits>;

const shape = {
  model: z.string().min(1).optional(),
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65535).optional(),
  allowedHosts: z.array(z.string()).optional(),
  app: text,
  shareModel: flag,
  limits: z.strictObject(limitsShape).optional(),
  onRequest: callback,
  onError: callback,
  // Checked by those that use them.
  scales: z.unknown().optional(),
  combine: z.unknown().optional(),
  maxSide: z.unknown().optional(),
  session: z.unknown().optional(),
} satisfies Shape<ServeOptions>;

/** @throws HmsaError that names the option */
export function checkServeOptions(options: ServeOptions): void {
  checkNamed(shape, options, 'serve');
}

const defaultLimits: ServeLimits = {
  bodyBytes: 32 * 2 ** 20,
  pixels: 2 ** 25,
  waiting: 16,
  workSeconds: 60,
  uploadSeconds: 60,
  stallSeconds: 30,
  heldBytes: 256 * 2 ** 20,
  connections: 1024,
};

export function limitsOf({ limits = {} }: ServeOptions): ServeLimits {
  return { ...defaultLimits, ...limits };
}

/** The path works from `src/` and from `dist/`, so in a checkout and in an installed package. */
export const packagedApp = fileURLToPath(new URL('../../../dist/app', import.meta.url));
