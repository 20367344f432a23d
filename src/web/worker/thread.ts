/** The worker of `hmsa/web`: it decodes models and images, computes, and trains, so that the page never waits. */
import { type Port, serve } from '../../base/calls.js';
import type { Progress, WebCalls } from '../protocol.js';
import { webHandlers } from './handlers.js';

const scope = globalThis as unknown as Port & { postMessage(message: unknown): void };
serve<WebCalls>(
  scope,
  webHandlers((progress: Progress) => scope.postMessage({ progress })),
);
