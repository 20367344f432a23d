import { SCRATCH, scratchBytes, withScratch } from '../engine/onnx/scratch.js';
import type { Session } from '../engine/runtime/index.js';
import { SessionCache } from './session-cache.js';
import { COMBINATION, type UseSession } from './split-network.js';

/** What is known of a graph before it is opened. */
interface Expected {
  /** Bytes of the block that the first run takes. */
  readonly scratch: number;
  /** A small run of the graph, through {@link TileSessions.use}. */
  readonly run: () => Promise<unknown>;
}

/**
 * The graphs of an image in tiles: the combination, which every band of rows needs, and beside it one other, of a scale or of a
 * first pass. ONNX Runtime keeps the memory of a graph's largest run for its next one, until the graph is closed, so a graph that
 * waits for its turn would hold as much as the one that runs. Without that memory every run takes it anew: half as long again, and a
 * peak that creeps up with every tile, because what is freed between long-lived rows is not given back.
 *
 * ONNX Runtime takes this memory in regions, each as large as all before, and what is freed in one is of no use in another: with
 * tiles a little larger than fit, a graph takes twice as much. So a new graph first runs on a small tile with a block, for which
 * one region is made that holds all of the real tiles; see `tileRegion`.
 */
export class TileSessions {
  readonly #open: (graph: Uint8Array) => Promise<Session>;
  readonly #inBlocks: boolean;
  readonly #combination = new SessionCache(1);
  readonly #expected = new Map<string, Expected>();
  #scale = { key: '', sessions: new SessionCache(1) };
  #scratch = 1;

  /**
   * @param open opens the bytes of an ONNX file
   * @param inBlocks whether {@link expect} has an effect: on a CPU
   */
  constructor(open: (graph: Uint8Array) => Promise<Session>, inBlocks: boolean) {
    this.#open = open;
    this.#inBlocks = inBlocks;
  }

  /** From now on the graph of a key gets its memory in one block before its first run. */
  expect(key: string, expected: Expected): void {
    this.#expected.set(key, expected);
  }

  /** Calls come one after the other. */
  readonly use: UseSession = async (key, compile, task) => {
    if (key === COMBINATION) return this.#combination.use(key, async () => this.#open(compile()), task);
    if (this.#scale.key !== key) {
      await this.closeScale();
      this.#scale = { key, sessions: new SessionCache(1) };
      await this.#takeMemory(key);
    }
    if (!this.#inBlocks) return this.#scale.sessions.use(key, async () => this.#open(compile()), task);
    const open = async () => this.#open(withScratch(compile()));
    const scratch = scratchBytes(this.#scratch);
    return this.#scale.sessions.use(key, open, (session) =>
      task({ run: (feeds, options) => session.run({ ...feeds, [SCRATCH]: scratch }, options) }),
    );
  };

  async #takeMemory(key: string): Promise<void> {
    const expected = this.#expected.get(key);
    if (!this.#inBlocks || expected === undefined) return;
    this.#scratch = expected.scratch;
    try {
      await expected.run();
    } finally {
      this.#scratch = 1;
    }
  }

  /** Closes the graph of a scale or of a first pass that is open. */
  async closeScale(): Promise<void> {
    await this.#scale.sessions.dispose();
    this.#scale = { key: '', sessions: new SessionCache(1) };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#combination.dispose(), this.closeScale()]);
  }
}
