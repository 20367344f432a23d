import type { NamedArrays, Session, SessionOptions } from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import type { Choice } from './choice.js';
import { type Computed, computedOn, type Precision } from './compile-model.js';
import { checkFinite, inferenceGraph, waysGraph } from './inference-graph.js';
import { SessionCache } from './session-cache.js';
import { SplitNetwork } from './split-network.js';

/** The most graphs that stay open. The least recently used is closed first. */
const OPEN_GRAPHS = 4;
/** The same for graphs of single scales, of which one image takes several. */
const OPEN_PARTS = 8;

/** A model with its graphs, each of which is compiled and opened when it is needed first. */
export class OpenModel {
  readonly model: Model;
  readonly #open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>;
  readonly #options: SessionOptions;
  readonly #precision: Precision;
  #computed: Promise<Computed> | undefined;
  readonly #sessions = new SessionCache(OPEN_GRAPHS);
  readonly #parts = new SessionCache(OPEN_PARTS);
  #split: { readonly key: string; readonly network: Promise<SplitNetwork> } | undefined;

  /** @param open opens the bytes of an ONNX file as a session */
  constructor(
    model: Model,
    open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>,
    options: SessionOptions,
    precision: Precision,
  ) {
    this.model = model;
    this.#open = open;
    this.#options = options;
    this.#precision = precision;
  }

  get onGpu(): boolean {
    return this.#options.device === 'webgpu' || this.#options.device === 'cuda';
  }

  /** Opens the graphs of a choice. */
  async prepare(choice: Choice): Promise<void> {
    if (choice.adaptive === undefined) await this.#withWhole(choice, async () => {});
    else await this.split(choice);
  }

  /** Runs the graph that computes images of one size whole. @throws HmsaError when its output is not finite */
  whole(choice: Choice, feeds: NamedArrays, signal?: AbortSignal, batch = 1): Promise<NamedArrays> {
    const run = async (session: Session) =>
      checkFinite(await session.run(feeds, signal === undefined ? {} : { signal }));
    return this.#withWhole(choice, run, batch);
  }

  #withWhole<T>(choice: Choice, task: (session: Session) => Promise<T>, batch = 1): Promise<T> {
    const { adaptive: _, flip: __, ...plain } = choice;
    const wanted = { ...plain, attention: choice.attention || choice.details, batch };
    const open = async () => {
      const { weights, ...rest } = await this.computed();
      const graph = inferenceGraph(this.model.config, weights, { ...wanted, ...rest, check: true });
      return this.#open(graph, this.#options);
    };
    return this.#sessions.use(keyOf(wanted), open, task);
  }

  /** Runs the graph that labels an image in several ways. @throws HmsaError when its output is not finite */
  ways(choices: readonly Choice[], feeds: NamedArrays, signal?: AbortSignal): Promise<NamedArrays> {
    return this.#sessions.use(
      JSON.stringify(choices),
      async () => this.#open(waysGraph(this.model.config, await this.computed(), choices), this.#options),
      async (session) => checkFinite(await session.run(feeds, signal === undefined ? {} : { signal })),
    );
  }

  /** The graphs of the scales and their combination, of the choice that was made last. */
  split({ adaptive: _, flip: __, attention, ...choice }: Choice): Promise<SplitNetwork> {
    const wanted = { ...choice, details: choice.details || attention };
    const key = keyOf(wanted);
    if (this.#split?.key === key) return this.#split.network;
    const made = this.computed().then(
      (computed) =>
        new SplitNetwork(this.model.config, computed, wanted, (name, compile, task) =>
          this.#parts.use(`${name} ${key}`, async () => this.#open(compile(), this.#options), task),
        ),
    );
    this.#split = { key, network: made };
    return made;
  }

  /** Opens a graph that the caller closes. */
  openPart(graph: Uint8Array): Promise<Session> {
    return this.#open(graph, this.#options);
  }

  /** The network in the form in which the device computes it. */
  computed(): Promise<Computed> {
    const { model } = this;
    this.#computed ??= computedOn({ ...model, precision: this.#precision }, this.#open, this.#options).catch(
      (error: unknown) => {
        this.#computed = undefined;
        throw error;
      },
    );
    return this.#computed;
  }

  /** Closes all graphs. A second call does nothing. */
  async dispose(): Promise<void> {
    await Promise.all([this.#sessions.dispose(), this.#parts.dispose()]);
  }
}

function keyOf(wanted: object): string {
  return JSON.stringify(Object.entries(wanted).sort());
}
