import { basename } from 'node:path';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { OwnBytes } from '../../base/arrays.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import { type Combination, checkedScales, leastSide } from '../../model/index.js';
import type { Segmentation, Segmenter, SegmentOptions } from '../../prediction/index.js';
import { decodeImage, imageSize } from '../images/index.js';
import { answerOf } from './answer.js';
import { type Choices, choicesOf, formats } from './choices.js';
import { checkBodyType, imageOf } from './image-of-request.js';
import type { Metrics } from './metrics.js';
import type { ServeLimits } from './options.js';
import { asProblem, Problem } from './problem.js';
import { ClientGone, checkLength, HeldBytes, readUpload, type Upload } from './upload.js';
import { closing, WorkQueue } from './work-queue.js';

export interface ServeEnv {
  readonly Bindings: HttpBindings;
}

/** How images are labelled where a request does not say it. */
export type Defaults = Pick<SegmentOptions, 'scales' | 'combine' | 'maxSide'>;

type Way = Required<Pick<SegmentOptions, 'scales' | 'combine'>> & Pick<SegmentOptions, 'maxSide'>;

const NAME = 'image';

/** Labels the images of requests with one model, one after the other. */
export class SegmentService {
  readonly segmenter: Segmenter;
  readonly queue: WorkQueue;
  readonly held: HeldBytes;
  readonly #limits: ServeLimits;
  readonly #defaults: Defaults;
  readonly #metrics: Metrics;
  readonly #uploads = new Set<AbortController>();
  #isBroken = false;
  #isClosed = false;

  constructor(segmenter: Segmenter, limits: ServeLimits, defaults: Defaults, metrics: Metrics) {
    this.segmenter = segmenter;
    this.queue = new WorkQueue(limits.waiting);
    this.held = new HeldBytes(limits.heldBytes);
    this.#limits = limits;
    this.#defaults = defaults;
    this.#metrics = metrics;
  }

  /** Whether it takes images; what a load balancer asks. */
  get isReady(): boolean {
    return !this.#isClosed && !this.#isBroken;
  }

  /** Labels the smallest image that there can be, so that what cannot work is known before the first request. */
  async warmUp(): Promise<{ readonly scales: readonly number[]; readonly combine: Combination }> {
    const { combine = 'hierarchical' } = this.#defaults;
    const { scales } = await this.segmenter.prepare(this.#defaults);
    const side = leastSide(this.segmenter.model.config, scales);
    const image = { data: new Uint8Array(3 * side * side).fill(127), width: side, height: side };
    await this.segmenter.segment(image, { scales, combine });
    return { scales, combine };
  }

  /** Takes nothing more. What waits and what is being sent is answered 503; what is computed is finished. */
  close(): void {
    this.#isClosed = true;
    for (const upload of this.#uploads) upload.abort(closing());
    this.queue.close();
  }

  /** `POST /v1/segment` */
  async segment(c: Context<ServeEnv>): Promise<Response> {
    const { incoming, outgoing } = c.env;
    const choices = choicesOf(new URL(c.req.url).searchParams, acceptedBy(c));
    const way = this.#way(choices);
    const type = c.req.header('content-type');
    checkBodyType(type, c.req.header('content-encoding'));
    checkLength(incoming, this.#limits.bodyBytes);
    this.queue.checkRoom();
    const controller = new AbortController();
    // A response is closed when its last byte is sent, or the connection is gone.
    outgoing.once('close', () => controller.abort(new ClientGone('the client went away')));
    const upload = await this.#upload(c, controller);
    try {
      const times: [string, number][] = [];
      const answer = await this.#inTime(controller, () =>
        this.#label(upload, type, choices, way, controller.signal, times),
      );
      this.held.add(answer.length);
      outgoing.once('close', () => this.held.give(answer.length));
      if (outgoing.closed) this.held.give(answer.length);
      return new Response(answer as OwnBytes, {
        headers: {
          'Content-Type': formats[choices.format].type,
          'Cache-Control': 'no-store',
          Vary: 'Accept',
          // A browser that shows a picture alone sets styles of its own in the page around it.
          'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
          'Server-Timing': times.map(([name, ms]) => `${name};dur=${ms.toFixed(1)}`).join(', '),
        },
      });
    } finally {
      upload.release();
    }
  }

  async #upload(c: Context<ServeEnv>, controller: AbortController): Promise<Upload> {
    this.#uploads.add(controller);
    try {
      return await readUpload(c.env.incoming, c.env.outgoing, {
        limit: this.#limits.bodyBytes,
        seconds: this.#limits.uploadSeconds,
        held: this.held,
        busy: () => this.queue.busy('as many bytes of other images as fit into memory'),
        signal: controller.signal,
      });
    } finally {
      this.#uploads.delete(controller);
    }
  }

  /** @throws Problem 504 when the task takes longer than the limit; it then goes on without anybody waiting for it */
  async #inTime<T>(controller: AbortController, task: () => Promise<T>): Promise<T> {
    const { workSeconds } = this.#limits;
    const timer = setTimeout(() => {
      const parts = {
        operation: 'hmsa serve',
        expected: `an answer within ${workSeconds} s`,
        received: 'none',
      };
      const remedy = 'Try again later, with a smaller image, a smaller maxSide or fewer scales.';
      controller.abort(new Problem(504, { ...parts, remedy }));
    }, 1000 * workSeconds);
    try {
      return await task();
    } finally {
      clearTimeout(timer);
    }
  }

  async #label(
    upload: Upload,
    type: string | undefined,
    choices: ReturnType<typeof choicesOf>,
    way: Way,
    signal: AbortSignal,
    times: [string, number][],
  ): Promise<Uint8Array> {
    const took = (name: string, since: number) => {
      const ms = performance.now() - since;
      times.push([name, ms]);
      this.#metrics.countStage(name, ms / 1000);
    };
    const timed = async <T>(name: string, task: () => Promise<T>): Promise<T> => {
      const since = performance.now();
      const result = await task();
      took(name, since);
      return result;
    };
    let file: Uint8Array | undefined = await imageOf(upload.bytes, type);
    // What is no image, or too large a one, takes no place in the queue.
    await this.#checkHeader(file);
    const { confidence = false } = choices;
    const came = performance.now();
    return this.queue.run(async () => {
      took('queue', came);
      const image = await timed('decode', () => this.#decoded(file!));
      file = undefined;
      upload.release();
      signal.throwIfAborted();
      const found = await timed('model', () => this.#found(image, { ...way, confidence, signal }));
      signal.throwIfAborted();
      const { classes } = this.segmenter;
      return timed('encode', () => answerOf({ image, found, classes, ...way }, choices));
    }, signal);
  }

  async #checkHeader(file: Uint8Array): Promise<void> {
    const { pixels } = this.#limits;
    try {
      const options = { name: NAME, pixelLimit: Number.MAX_SAFE_INTEGER };
      const { width, height } = await imageSize(file, options);
      if (width * height <= pixels) return;
      const expected = `at most ${(pixels / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 })} million pixels`;
      const parts = { operation: NAME, expected, received: `${width}×${height}` };
      throw new Problem(413, { ...parts, remedy: 'Reduce the image.' });
    } catch (error) {
      throw asProblem(422, error);
    }
  }

  async #decoded(file: Uint8Array): Promise<Pixels> {
    try {
      return await decodeImage(file, { name: NAME, pixelLimit: this.#limits.pixels });
    } catch (error) {
      throw asProblem(422, error);
    }
  }

  /** Errors about the image are the client's; those of the session that computes are not. */
  async #found(image: Pixels, options: SegmentOptions): Promise<Segmentation> {
    try {
      return await this.segmenter.segment(image, options);
    } catch (error) {
      if (error instanceof HmsaError && error.operation.startsWith('segment')) throw asProblem(422, error);
      if (!options.signal?.aborted) this.#isBroken = true;
      throw error;
    }
  }

  /** @throws Problem 400 when the scales do not fit the combination or the model */
  #way(choices: Choices): Way {
    const { config } = this.segmenter.model;
    const { combine = this.#defaults.combine ?? 'hierarchical' } = choices;
    const maxSide = choices.maxSide ?? this.#defaults.maxSide;
    const scales = choices.scales ?? this.#defaults.scales ?? config.scales;
    try {
      const checked = checkedScales(config, { scales: [...scales], combine });
      return { scales: checked, combine, ...(maxSide !== undefined && { maxSide }) };
    } catch (error) {
      throw asProblem(400, error);
    }
  }
}

/** The type of ours that a client prefers; `image/png` if it does not say; nothing if it accepts neither. */
function acceptedBy(c: Context): 'image/png' | 'application/json' | undefined {
  const types = ['image/png', 'application/json'] as const;
  const accepted = accepts(c, {
    header: 'Accept',
    supports: [...types],
    default: types[0],
    match: (asked) => {
      const refused = asked.filter(({ q }) => q === 0).map(({ type }) => type.toLowerCase());
      const wanted = asked.filter(({ q }) => q > 0).sort((a, b) => b.q - a.q);
      for (const { type } of wanted) {
        const [main] = type.toLowerCase().split('/');
        const found = types.find(
          (own) =>
            !refused.includes(own) &&
            (type === '*/*' ||
              type === '*' ||
              own === type.toLowerCase() ||
              (type.endsWith('/*') && own.startsWith(`${main}/`))),
        );
        if (found !== undefined) return found;
      }
      return '';
    },
  });
  return types.find((type) => type === accepted);
}

/** What a file is called where its folder is nobody's business. */
export const publicName = (file: string): string => basename(file);
