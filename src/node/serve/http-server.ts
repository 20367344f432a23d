import { lookup } from 'node:dns/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { HmsaError } from '../../base/errors/index.js';
import { Connections } from './connections.js';
import type { ServeLimits } from './options.js';
import { Problem, problemResponse } from './problem.js';
import type { ServeEnv } from './segment-service.js';

const HEADER_SECONDS = 30;
/** A connection that nothing comes over is closed. Proxies close theirs after less, so that none is closed under a request. */
const IDLE_SECONDS = 75;
/** How long a client that was answered early may go on sending its body, which is dropped. */
const REST_SECONDS = 10;
/** Seconds between looks for connections that are too slow. */
const LOOK_SECONDS = 1;
/** The time limit of an upload in Node comes after our own, whose answer says more. */
const LATER_SECONDS = 5;

/** The address of a name. @throws HmsaError when it has none */
export async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new HmsaError({
      operation: '--host',
      expected: 'an address of this machine, such as 127.0.0.1 or 0.0.0.0',
      received: host,
      remedy: 'Leave it out for this machine alone.',
      cause,
    });
  }
}

/** A server that does not listen yet, and its connections. */
export function httpServer(
  app: Hono<ServeEnv>,
  limits: ServeLimits,
): { readonly server: Server; readonly connections: Connections } {
  const listener = getRequestListener((request, env) => app.fetch(request, env as ServeEnv['Bindings']), {
    // Those of whoever uses this as a library stay as they are.
    overrideGlobalObjects: false,
    // It would cut off a client half a second after an early answer; see dropRest.
    autoCleanupIncoming: false,
    errorHandler: (error) => problemResponse(badRequest(error)),
  });
  const requestTimeout = 1000 * (limits.uploadSeconds + LATER_SECONDS);
  const options = {
    requestTimeout,
    headersTimeout: Math.min(1000 * HEADER_SECONDS, requestTimeout),
    connectionsCheckingInterval: 1000 * LOOK_SECONDS,
    keepAliveTimeout: 1000 * IDLE_SECONDS,
  };
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    connections.begin(incoming, outgoing);
    dropRest(incoming, outgoing);
    void listener(incoming, outgoing);
  };
  const server = createServer(options, answer);
  const connections = new Connections(server);
  server.maxConnections = limits.connections;
  // Whether a client that asks may send its body is decided where the body is read.
  server.on('checkContinue', answer);
  server.on('clientError', refuseRaw);
  return { server, connections };
}

/**
 * What a client still sends after its answer is read and dropped. If the connection were closed at once, the system would tell the
 * client so before it has read the answer.
 */
function dropRest(incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.once('finish', () => {
    if (incoming.complete) return;
    incoming.resume();
    const timer = setTimeout(() => incoming.socket.destroy(), 1000 * REST_SECONDS);
    incoming.once('close', () => clearTimeout(timer));
  });
}

/** Listens. @throws HmsaError when the port is in use or not allowed, or the address is not one of this machine */
export async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(notListening(cause, host, port)));
    server.listen({ host, port }, resolve);
  });
  return server.address() as AddressInfo;
}

function notListening(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const free = 'Give another port, or --port 0 for any free one.';
  switch (cause.code) {
    case 'EADDRINUSE':
      return new HmsaError({
        operation: `--port ${port}`,
        expected: 'a free port',
        received: 'one in use',
        remedy: free,
        cause,
      });
    case 'EACCES':
      return new HmsaError({
        operation: `--port ${port}`,
        expected: 'a port that this user may open',
        received: 'one that is not allowed',
        remedy: 'Give one from 1024 on.',
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new HmsaError({
        operation: `--host ${host}`,
        expected: 'an address of this machine',
        received: 'another one',
        remedy: 'Leave it out for this machine alone; 0.0.0.0 is all of its addresses.',
        cause,
      });
    default:
      return cause;
  }
}

function badRequest(cause: unknown): Problem {
  const received = cause instanceof Error ? cause.message : 'another one';
  return new Problem(400, { operation: 'request', expected: 'a valid address and Host', received, cause });
}

/** The answer to bytes that are no request, or one that does not come to its end. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, reason] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431', 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408', 'Request Timeout']
        : ['400', 'Bad Request'];
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
