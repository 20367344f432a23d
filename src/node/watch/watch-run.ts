import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { checkText, HmsaError } from '../../base/errors/index.js';
import { checkNamed, type Shape, signal } from '../../base/schema/index.js';
import { readPicture } from './kept-pictures.js';
import { LiveContent } from './live-content.js';

export interface WatchOptions {
  /** Default: any that is free. */
  readonly port?: number;
  /** Ends the service. */
  readonly signal?: AbortSignal;
}

const optionKeys = { port: z.int().min(0).max(65_535).optional(), signal } satisfies Shape<WatchOptions>;

/** A page that is served. */
export interface Watched {
  readonly url: string;
  /** Ends the service, with open connections. */
  close(): Promise<void>;
}

/** Only this machine may look: the names of photographs and the scores are nobody else's business. */
const HOST = '127.0.0.1';
const OWN_NAMES = new Set([HOST, 'localhost']);
/** How often the folder is looked at, in ms. */
const EVERY = 1000;
const MOST_CONNECTIONS = 128;
/** Pages that are told of changes; the other connections are for what they ask for. */
const MOST_FOLLOWERS = 64;
/** A client that takes longer to ask or to read is cut off, in ms. */
const PATIENCE = 20_000;
/** How long pages have to take the last state of a run, in ms. */
const FAREWELL = 500;

/** No script but that of the page, nothing from elsewhere, and no page of others around it. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/**
 * Serves a page on this machine that shows a run and follows it while it goes on: loss, scores, learning rate, attention and
 * pictures of the last validation. The folder may be that of a run that goes on, has ended, was interrupted, or has not begun yet.
 *
 * @throws HmsaError when the port cannot be used
 */
export async function watchRun(folder: string, options: WatchOptions = {}): Promise<Watched> {
  checkText(folder, 'watchRun', 'the folder of a training run');
  checkNamed(optionKeys, options, 'watchRun');
  const { port = 0, signal: abort } = options;
  abort?.throwIfAborted();
  const followers = new Set<ServerResponse>();
  const content = new LiveContent(folder);
  const timeouts = { headersTimeout: PATIENCE, requestTimeout: PATIENCE, connectionsCheckingInterval: 1000 };
  const server = createServer(timeouts, (request, response) => {
    answer(folder, content, request, response, followers).catch(() => {
      if (!response.headersSent) response.writeHead(500, HEADERS);
      response.end();
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, port);
  const timer = setInterval(async () => {
    if (followers.size === 0) return;
    // A folder that cannot be read now is looked at again.
    const isNew = await content.refresh().catch(() => false);
    if (isNew) for (const follower of followers) follower.write('data: changed\n\n');
  }, EVERY);
  timer.unref();
  const end = async () => {
    clearInterval(timer);
    const ended = new Promise<void>((done) => server.close(() => done()));
    if (followers.size > 0) {
      const last = await content.last().catch(() => '');
      for (const follower of followers) follower.end(`event: end\ndata: ${JSON.stringify(last)}\n\n`);
      await Promise.race([ended, new Promise((done) => setTimeout(done, FAREWELL))]);
    }
    server.closeAllConnections();
    await ended;
  };
  let ending: Promise<void> | undefined;
  const close = () => {
    ending ??= end();
    return ending;
  };
  abort?.addEventListener('abort', () => void close(), { once: true });
  return { url: `http://${HOST}:${(server.address() as AddressInfo).port}/`, close };
}

async function answer(
  folder: string,
  content: LiveContent,
  request: IncomingMessage,
  response: ServerResponse,
  followers: Set<ServerResponse>,
): Promise<void> {
  const send = (status: number, type: string, body: string | Uint8Array, more = {}) => {
    response.setTimeout(PATIENCE, () => response.destroy());
    response.writeHead(status, {
      ...HEADERS,
      ...more,
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const text = 'text/plain; charset=utf-8';
  // A page of another name that points to this address must not read what is served here.
  const host = (request.headers.host ?? '').replace(/:\d*$/, '').toLowerCase();
  if (!OWN_NAMES.has(host)) return send(421, text, 'unknown host\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, text, 'only GET\n');
  const [path = '/'] = (request.url ?? '/').split('?');
  const views = await import('../../report/views/index.js');
  if (path === '/events' && request.method === 'GET') {
    if (followers.size >= MOST_FOLLOWERS) return send(503, text, 'too many pages\n', { 'Retry-After': '10' });
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
    response.write('data: changed\n\n');
    response.on('error', () => followers.delete(response));
    followers.add(response);
    response.on('close', () => followers.delete(response));
    return;
  }
  if (path === '/favicon.ico') return void response.writeHead(204, HEADERS).end();
  if (path === '/live.js') return send(200, 'text/javascript; charset=utf-8', views.liveScript);
  if (path === '/' || path === '/content') {
    const html = await content.get();
    const whole = () => views.livePage(basename(resolve(folder)), html, 'live.js');
    return send(200, 'text/html; charset=utf-8', path === '/' ? whole() : html);
  }
  const [, name] = /^\/pictures\/([^/]+)$/.exec(path) ?? [];
  const bytes = name === undefined ? undefined : await readPicture(folder, name);
  if (bytes === undefined) return send(404, text, 'not found\n');
  send(200, name!.endsWith('.png') ? 'image/png' : 'image/jpeg', bytes);
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        new HmsaError({
          operation: '--watch',
          expected: 'a free port',
          received: error.code === 'EADDRINUSE' ? `${port}, which another program uses` : error.message,
          remedy: 'Give another port, or none for any that is free.',
        }),
      ),
    );
    server.listen(port, HOST, done);
  });
}
