import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { checkText, HmsaError } from '../../base/errors/index.js';
import { checkNamed, type Shape, signal } from '../../base/schema/index.js';
import { readRun } from '../report/read-run.js';
import { readPicture, readPictures } from './kept-pictures.js';

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
const MOST_CONNECTIONS = 64;

/** No script but that of the page, nothing from elsewhere, and no page of others around it. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
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
  const server = createServer((request, response) => {
    answer(folder, request, response, followers).catch(() => {
      if (!response.headersSent) response.writeHead(500, HEADERS);
      response.end();
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, port);
  let seen = '';
  const timer = setInterval(async () => {
    const now = await stampOf(folder);
    if (now === seen) return;
    seen = now;
    for (const follower of followers) follower.write('data: changed\n\n');
  }, EVERY);
  timer.unref();
  const close = () =>
    new Promise<void>((done) => {
      clearInterval(timer);
      server.close(() => done());
      server.closeAllConnections();
    });
  abort?.addEventListener('abort', () => void close(), { once: true });
  return { url: `http://${HOST}:${(server.address() as AddressInfo).port}/`, close };
}

async function answer(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  followers: Set<ServerResponse>,
): Promise<void> {
  const send = (status: number, type: string, body: string | Uint8Array) => {
    response.writeHead(status, {
      ...HEADERS,
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const text = 'text/plain; charset=utf-8';
  // A page of another name that points to this address must not read what is served here.
  const [host = ''] = (request.headers.host ?? '').split(':');
  if (!OWN_NAMES.has(host)) return send(421, text, 'unknown host\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, text, 'only GET\n');
  const [path = '/'] = (request.url ?? '/').split('?');
  const views = await import('../../report/views/index.js');
  if (path === '/events') {
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
    response.write('data: changed\n\n');
    followers.add(response);
    response.on('close', () => followers.delete(response));
    return;
  }
  if (path === '/live.js') return send(200, 'text/javascript; charset=utf-8', views.liveScript);
  if (path === '/' || path === '/content') {
    const content = await contentOf(folder, views.liveContent);
    const html = path === '/' ? views.livePage(basename(resolve(folder)), content, 'live.js') : content;
    return send(200, 'text/html; charset=utf-8', html);
  }
  const [, name] = /^\/pictures\/([^/]+)$/.exec(path) ?? [];
  const bytes = name === undefined ? undefined : await readPicture(folder, name);
  if (bytes === undefined) return send(404, text, 'not found\n');
  send(200, name!.endsWith('.png') ? 'image/png' : 'image/jpeg', bytes);
}

async function contentOf(
  folder: string,
  liveContent: typeof import('../../report/views/index.js')['liveContent'],
): Promise<string> {
  const hasBegun = (await stat(join(folder, 'run.json')).catch(() => undefined)) !== undefined;
  if (!hasBegun) return liveContent(undefined, undefined);
  const { view } = await readRun(folder);
  const pictures = await readPictures(folder).catch(() => undefined);
  if (pictures === undefined) return liveContent(view, undefined);
  const images = pictures.images.map((image) => ({
    ...image,
    // The step makes addresses of later pictures differ, so that a browser does not show those that it has.
    pictures: image.pictures.map(({ title, address }) => ({
      title,
      address: `pictures/${address}?step=${pictures.step}`,
    })),
  }));
  return liveContent(view, { ...pictures, images });
}

/** Changes when a file that the page shows does. */
async function stampOf(folder: string): Promise<string> {
  const files = ['run.json', 'metrics.jsonl', join('examples', 'examples.json')];
  const found = await Promise.all(files.map((file) => stat(join(folder, file)).catch(() => undefined)));
  return found.map((info) => (info === undefined ? '' : `${info.size}:${info.mtimeMs}`)).join();
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
