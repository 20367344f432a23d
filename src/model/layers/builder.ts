import { checkArgument } from '../../base/errors/index.js';
import {
  type Dim,
  equalShapes,
  shapeError,
  shapeText,
  type Tensor,
  type Variable,
  type VariableOptions,
  variable,
} from '../../engine/graph/index.js';
import { randomUniform } from '../../engine/ops/index.js';
import type { Initializer } from './initializers.js';

/** A variable of a model with its initialiser. */
export interface Declared {
  readonly variable: Variable;
  readonly initializer: Initializer;
}

/** How the same model is built for different jobs. */
export interface BuildOptions {
  /** Whether a parameter is trained; default: all are. Layers with frozen parameters run in their inference form. */
  readonly trainable?: (name: string) => boolean;
  /**
   * Whether the batch norm at a path normalises by the statistics of the batch and updates its running statistics (true), or
   * normalises by its running statistics (false). Default: true if its parameters are trainable.
   */
  readonly batchStatistics?: (path: string) => boolean;
  /** The share of a new batch in the running statistics, PyTorch's momentum; default 0.1. */
  readonly statisticsMomentum?: number | Tensor;
  /** The source of dropout's random numbers; without it, dropout does nothing. */
  readonly random?: RandomSource;
  /** Build for inference: nothing is trainable, dropout does nothing and no statistics are updated. */
  readonly inference?: boolean;
  /** Collect mean and variance of the input of each batch norm, in {@link Builder.observed}. */
  readonly observe?: boolean;
  /** How averages over the whole image are computed; default: from the tensors at hand. */
  readonly averaging?: ImageAveraging;
}

/** Computes an average over the whole image; see `imageAverage`. */
export type ImageAveraging = (path: string, values: Tensor, scores?: Tensor) => Tensor;

/** Seed and step of the random numbers, as `randomUniform` takes them. The third argument is the name of the layer. */
export interface RandomSource {
  readonly seed: Tensor;
  readonly step: Tensor;
}

/** Mean and biased variance, [C] each, of the input of a batch norm. */
export interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Collects the variables of one graph while a model is built. A name that is declared twice gives the same variable, so a
 * network that is built twice with one builder shares its weights.
 */
export class Builder {
  readonly #options: BuildOptions;
  readonly #declared = new Map<string, Declared>();
  readonly #updates = new Map<Variable, Tensor>();
  readonly #observed = new Map<string, Statistics[]>();
  readonly #draws = new Map<string, number>();

  constructor(options: BuildOptions = {}) {
    this.#options = options;
  }

  /** The root scope. Variables below it have their path in the model as their name. */
  get root(): Scope {
    return new Scope(this, '');
  }

  /** Every variable declared so far, by name, in the order of declaration. */
  get declared(): ReadonlyMap<string, Declared> {
    return this.#declared;
  }

  /** The trainable parameters. */
  get parameters(): Variable[] {
    return [...this.#declared.values()]
      .map(({ variable }) => variable)
      .filter(({ attributes }) => attributes.role === 'parameter' && this.isTrainable(attributes.name));
  }

  /** The next values of buffers (running statistics), in the order of their last update. */
  get bufferUpdates(): ReadonlyMap<Variable, Tensor> {
    return this.#updates;
  }

  /** Statistics by the path of the batch norm; one entry for each time that it was built. */
  get observed(): ReadonlyMap<string, readonly Statistics[]> {
    return this.#observed;
  }

  get observes(): boolean {
    return this.#options.observe ?? false;
  }

  get averaging(): ImageAveraging | undefined {
    return this.#options.averaging;
  }

  observe(path: string, statistics: Statistics): void {
    const known = this.#observed.get(path);
    if (known === undefined) this.#observed.set(path, [statistics]);
    else known.push(statistics);
  }

  get statisticsMomentum(): number | Tensor {
    return this.#options.statisticsMomentum ?? 0.1;
  }

  isTrainable(name: string): boolean {
    return !this.#options.inference && (this.#options.trainable?.(name) ?? true);
  }

  usesBatchStatistics(path: string): boolean {
    if (this.#options.inference) return false;
    return this.#options.batchStatistics?.(path) ?? this.isTrainable(`${path}.weight`);
  }

  /**
   * Draws uniform numbers in [0, 1) for a layer. Returns undefined if the layer runs in its inference form: without a random
   * source, or with frozen parameters. Each call draws different numbers, so a layer that is built at two scales does too.
   */
  draw(path: string, shape: readonly Dim[]): Tensor | undefined {
    const { random } = this.#options;
    if (random === undefined || !this.isTrainable(`${path}.weight`)) return undefined;
    const count = this.#draws.get(path) ?? 0;
    this.#draws.set(path, count + 1);
    return randomUniform(random.seed, random.step, `${path}#${count}`, shape);
  }

  declare(
    name: string,
    shape: readonly number[],
    initializer: Initializer,
    options: VariableOptions = {},
  ): Variable {
    const known = this.#declared.get(name);
    if (known === undefined) {
      const declared = { variable: variable(name, shape, options), initializer };
      this.#declared.set(name, declared);
      return declared.variable;
    }
    if (!equalShapes(known.variable.shape, shape)) {
      shapeError(
        name,
        `the shape ${shapeText(known.variable.shape)} it was first declared with`,
        shapeText(shape),
      );
    }
    return known.variable;
  }

  /** The value of a buffer at this point of the forward pass: its last update or, without one, the buffer itself. */
  current(buffer: Variable): Tensor {
    return this.#updates.get(buffer) ?? buffer;
  }

  update(buffer: Variable, next: Tensor): void {
    this.#updates.delete(buffer);
    this.#updates.set(buffer, next);
  }
}

/** A node in the tree of names. A layer declares its variables in a scope. */
export class Scope {
  readonly builder: Builder;
  readonly path: string;

  constructor(builder: Builder, path: string) {
    this.builder = builder;
    this.path = path;
  }

  child(name: string | number): Scope {
    return new Scope(this.builder, this.#join(String(name)));
  }

  parameter(name: string, shape: readonly number[], initializer: Initializer): Variable {
    return this.builder.declare(this.#join(name), shape, initializer);
  }

  buffer(
    name: string,
    shape: readonly number[],
    initializer: Initializer,
    options: VariableOptions = {},
  ): Variable {
    return this.builder.declare(this.#join(name), shape, initializer, { role: 'buffer', ...options });
  }

  #join(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

/** @throws HmsaError when the value is not a scope */
export function checkScope(value: unknown, operation: string): asserts value is Scope {
  checkArgument(value instanceof Scope, operation, 'a scope, such as builder.root', value);
}
