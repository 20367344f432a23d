import type { Session } from '../engine/runtime/index.js';
import { SessionCache } from './session-cache.js';
import { COMBINATION, type UseSession } from './split-network.js';

/**
 * The graphs of an image in tiles: the combination, which every band of rows needs, and beside it one other, of a scale or of a
 * first pass. ONNX Runtime keeps the memory of a graph's largest run for its next one, until the graph is closed, so a graph that
 * waits for its turn would hold as much as the one that runs. Without that memory every run takes it anew: half as long again, and a
 * peak that creeps up with every tile, because what is freed between long-lived rows is not given back.
 */
export class TileSessions {
  readonly #open: (graph: Uint8Array) => Promise<Session>;
  readonly #combination = new SessionCache(1);
  #scale = { key: '', sessions: new SessionCache(1) };

  /** @param open opens the bytes of an ONNX file */
  constructor(open: (graph: Uint8Array) => Promise<Session>) {
    this.#open = open;
  }

  /** Calls come one after the other. */
  readonly use: UseSession = async (key, compile, task) => {
    const open = async () => this.#open(compile());
    if (key === COMBINATION) return this.#combination.use(key, open, task);
    if (this.#scale.key !== key) {
      await this.closeScale();
      this.#scale = { key, sessions: new SessionCache(1) };
    }
    return this.#scale.sessions.use(key, open, task);
  };

  /** Closes the graph of a scale or of a first pass that is open. */
  async closeScale(): Promise<void> {
    await this.#scale.sessions.dispose();
    this.#scale = { key: '', sessions: new SessionCache(1) };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#combination.dispose(), this.closeScale()]);
  }
}
