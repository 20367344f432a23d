import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { answerSchema, classSchema } from './answer.js';
import { choicesSchema } from './choices.js';
import { fileIn, fileResponse } from './file-response.js';
import { isolated, ownNamesOnly, ownPagesOnly } from './guard.js';
import { bodyTypes, IMAGE_FIELD } from './image-of-request.js';
import type { Metrics } from './metrics.js';
import { failure, type Operation, openApi } from './openapi.js';
import type { ServedRequest, ServeLimits } from './options.js';
import { docsPage, startPage } from './pages.js';
import { Problem, problemResponse } from './problem.js';
import type { SegmentService, ServeEnv } from './segment-service.js';
import { ClientGone } from './upload.js';

/** The files of models, for programs that run them elsewhere. */
export const modelPaths = { served: '/models/served.safetensors', shipped: '/models/shipped.safetensors' };

/** The answer to `GET /v1/model`. */
const modelSchema = z.strictObject({
  name: z.string().describe('The name of the model’s file, without its folder.'),
  classes: z.array(classSchema),
  scales: z
    .array(z.number())
    .describe('The scales that are combined where a request does not say it, highest first.'),
  combine: z.enum(['hierarchical', 'average', 'max', 'single']),
  imageSize: z
    .strictObject({ width: z.int(), height: z.int() })
    .optional()
    .describe('The size of its training photographs, to whose area larger images are reduced.'),
  file: z.string().optional().describe('Where its file can be downloaded; missing if it cannot.'),
  limits: z.strictObject({ bodyBytes: z.int(), pixels: z.int() }).describe('The largest upload and image.'),
});
export type ModelAnswer = z.infer<typeof modelSchema>;

export interface AppParts {
  readonly service: SegmentService;
  readonly metrics: Metrics;
  readonly limits: ServeLimits;
  readonly model: ModelAnswer;
  /** The paths on disk of the files that can be downloaded, by their address. */
  readonly files: Readonly<Record<string, string>>;
  /** The folder of the browser app. */
  readonly app: string;
  /** The names by which this server is known; nothing if any will do. */
  readonly names: readonly string[] | undefined;
  readonly onRequest: (request: ServedRequest) => unknown;
  readonly onError: (error: unknown) => unknown;
}

interface Endpoint extends Operation {
  readonly handle: (c: Context<ServeEnv>) => Response | Promise<Response>;
}

/** What the server answers, and to whom. */
export function serveApp(parts: AppParts): Hono<ServeEnv> {
  const { service, metrics, limits, names, onRequest, onError } = parts;
  const endpoints = endpointsOf(parts);
  const paths = new Map(endpoints.map(({ path }) => [path, methodsAt(endpoints, path)]));
  const app = new Hono<ServeEnv>();
  app.use(async (c, next) => {
    const before = performance.now();
    await next();
    const { method, path } = c.req;
    const isGone = c.error instanceof ClientGone;
    const status = isGone ? 499 : c.res.status;
    const seconds = (performance.now() - before) / 1000;
    const route = paths.has(path) || path in parts.files ? path : 'other';
    metrics.countRequest(isMethod(method) ? method : 'other', route, status, seconds);
    onRequest({ method, path, status, seconds });
    if (!service.isReady) c.header('Connection', 'close');
    // From now on the client has to read. It may have waited for its turn without a byte before.
    c.env.outgoing.setTimeout(1000 * limits.stallSeconds);
  });
  app.use(isolated);
  if (names !== undefined) app.use(ownNamesOnly(names));
  app.onError((error) => {
    if (!(error instanceof Problem) && !(error instanceof ClientGone)) onError(error);
    return problemResponse(error);
  });
  for (const { method, path, handle } of endpoints) {
    if (method === 'post') app.post(path, ownPagesOnly, handle);
    else app.get(path, handle);
  }
  app.all('*', async (c) => {
    const { path, method } = c.req;
    const allowed = paths.get(path);
    if (allowed !== undefined) {
      if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { Allow: allowed } });
      throw new Problem(
        405,
        { operation: `${method} ${path}`, expected: allowed, received: method },
        { Allow: allowed },
      );
    }
    const file = isRead(method) ? await fileIn(parts.app, path) : undefined;
    const found = file === undefined ? undefined : await fileResponse(c, file);
    if (found !== undefined) return found;
    if (path === '/' && isRead(method)) return startPage();
    const remedy = 'The page /docs lists what is here.';
    throw new Problem(404, {
      operation: path,
      expected: 'an address of this server',
      received: 'another one',
      remedy,
    });
  });
  return app;
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isMethod(method: string): boolean {
  return ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'].includes(method);
}

function methodsAt(endpoints: readonly Operation[], path: string): string {
  const own = endpoints.filter((one) => one.path === path).map(({ method }) => method);
  return [...own.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : ['POST'])), 'OPTIONS'].join(', ');
}

const text = { 'text/plain': 'text' } as const;

function endpointsOf({ service, metrics, model, files, names }: AppParts): readonly Endpoint[] {
  const refused = names === undefined ? {} : { 403: failure('A name or page that is not this server’s.') };
  const operations: Endpoint[] = [
    {
      method: 'post',
      path: '/v1/segment',
      id: 'segment',
      summary: 'Labels every pixel of an image.',
      description:
        'The body is an image file (PNG, JPEG, WebP, TIFF, AVIF or GIF, told by its content), or a form with one as its field `image`.',
      query: choicesSchema,
      takes: {
        'image/*': 'bytes',
        'application/octet-stream': 'bytes',
        'multipart/form-data': z.strictObject({
          [IMAGE_FIELD]: z.string().meta({ contentMediaType: 'image/*', contentEncoding: 'binary' }),
        }),
      },
      gives: {
        200: { means: 'The labels.', content: { 'image/png': 'bytes', 'application/json': answerSchema } },
        400: failure('An empty body, a damaged form, or a query that is not valid.'),
        403: failure('A name or page that is not this server’s.'),
        406: failure('`Accept` has neither `image/png` nor `application/json`.'),
        408: failure('The image was not sent in time.'),
        413: failure('Too many bytes, or too many pixels.'),
        415: failure(
          `\`Content-Type\` is none of ${bodyTypes.map((type) => `\`${type}\``).join(', ')}, or the body is compressed once more.`,
        ),
        422: failure('Not an image, a damaged one, or one that the model cannot label.'),
        500: failure('An error of the server.'),
        503: failure('Too much to do, or about to end; `Retry-After` says when to try again.'),
        504: failure('It took too long.'),
      },
      handle: (c) => service.segment(c),
    },
    {
      method: 'get',
      path: '/v1/model',
      id: 'model',
      summary: 'The model and its classes.',
      gives: { 200: { means: 'The model.', content: { 'application/json': modelSchema } }, ...refused },
      handle: (c) => c.json(model),
    },
    ...Object.entries(files).map(([path, file]): Endpoint => {
      const name = path === modelPaths.served ? 'served' : 'shipped';
      return {
        method: 'get',
        path,
        id: `${name}ModelFile`,
        summary: name === 'served' ? 'The file of the model.' : 'The file of the model that comes with hmsa.',
        gives: {
          200: { means: 'The file.', content: { 'application/octet-stream': 'bytes' } },
          304: { means: 'The client has it (`If-None-Match`).' },
          ...refused,
          404: failure('It is gone.'),
        },
        handle: async (c) => (await fileResponse(c, file, 'application/octet-stream')) ?? gone(path),
      };
    }),
    {
      method: 'get',
      path: '/healthz',
      id: 'healthz',
      summary: 'Whether the process answers.',
      gives: { 200: { means: 'It does.', content: text }, ...refused },
      handle: (c) => c.text('ok\n'),
    },
    {
      method: 'get',
      path: '/readyz',
      id: 'readyz',
      summary: 'Whether it takes images.',
      gives: {
        200: { means: 'It does.', content: text },
        503: { means: 'It is about to end, or its session has failed.', content: text },
        ...refused,
      },
      handle: (c) =>
        service.isReady ? c.text('ready\n') : c.text('not ready\n', 503, { 'Retry-After': '5' }),
    },
    {
      method: 'get',
      path: '/metrics',
      id: 'metrics',
      summary: 'Numbers about the server, for Prometheus.',
      gives: { 200: { means: 'The numbers.', content: text }, ...refused },
      handle: (c) =>
        c.body(metrics.text(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }),
    },
    {
      method: 'get',
      path: '/openapi.json',
      id: 'openapi',
      summary: 'This description.',
      gives: {
        200: { means: 'OpenAPI 3.1.', content: { 'application/json': z.looseObject({}) } },
        ...refused,
      },
      handle: (c) => c.json(description),
    },
    {
      method: 'get',
      path: '/docs',
      id: 'docs',
      summary: 'This description, as a page.',
      gives: { 200: { means: 'The page.', content: { 'text/html': 'text' } }, ...refused },
      handle: (c) => docsPage(operations, new URL(c.req.url).origin),
    },
  ];
  const description = openApi(operations);
  return operations;
}

function gone(path: string): never {
  throw new Problem(404, { operation: path, expected: 'a file that can be read', received: 'none' });
}
