import { isIPv4 } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { Problem } from './problem.js';

/**
 * Headers of every answer. The page is isolated from others, as threads of WebAssembly require, and loads, runs and connects to
 * nothing but this server. No other page can read or embed what is here. An answer with a policy of its own keeps it.
 */
export const isolated = secureHeaders({
  overwrite: false,
  crossOriginOpenerPolicy: 'same-origin',
  crossOriginEmbedderPolicy: 'require-corp',
  crossOriginResourcePolicy: 'same-origin',
  referrerPolicy: 'same-origin',
  xFrameOptions: 'DENY',
  // There is no TLS here; a proxy that adds it also adds this.
  strictTransportSecurity: false,
  permissionsPolicy: { camera: ['self'], microphone: [], geolocation: [] },
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    // WebAssembly is compiled in the page.
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    workerSrc: ["'self'"],
    // Files that the user opens have `blob:` addresses.
    connectSrc: ["'self'", 'blob:', 'data:'],
    imgSrc: ["'self'", 'blob:', 'data:'],
    mediaSrc: ["'self'", 'blob:'],
    styleSrc: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
});

/** Whether only this machine reaches an address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/**
 * Refuses requests under another name than the server's own. A page on the internet can make its own name lead to this machine,
 * and would then be taken for a page of this server (DNS rebinding).
 */
export function ownNamesOnly(names: readonly string[]): MiddlewareHandler {
  const own = new Set(names.map((name) => name.toLowerCase()));
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    const name = nameOf(host);
    if (!isLoopback(name) && !own.has(name)) {
      throw new Problem(403, {
        operation: 'Host',
        expected: 'a name of this server, such as localhost',
        received: host,
        remedy: 'If it is one, start the server with --allow-host NAME.',
      });
    }
    await next();
  };
}

function nameOf(host: string): string {
  try {
    return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
  } catch {
    return '';
  }
}

/** Refuses work that pages of other sites ask for. They could not read the answer, but they could keep the server busy. */
export const ownPagesOnly: MiddlewareHandler = async (c, next) => {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const isOther =
    site === undefined
      ? origin !== undefined && hostOf(origin) !== c.req.header('host')
      : site !== 'same-origin' && site !== 'none';
  if (isOther) {
    const parts = { operation: 'Origin', expected: 'a page of this server', received: origin ?? site! };
    throw new Problem(403, { ...parts, remedy: 'Open the app from this server, or call it from a program.' });
  }
  await next();
};

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
