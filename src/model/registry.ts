import { z } from 'zod';
import { checkArgument, HmsaError, isObject, shown, suggest } from '../base/errors/index.js';

/** A part of a model that its configuration chooses by name: a trunk, a head, an attention. */
export interface Part {
  readonly name: string;
  /** The schema of the part's configuration, in which `name` is a literal: the part's name. Unknown keys are errors. */
  readonly schema: z.ZodObject;
}

/** The type of a part's configuration, inferred from its schema. */
export type ConfigOf<P extends Part> = z.infer<P['schema']>;

/** The parts of one kind, by name. */
export class Registry<P extends Part> {
  readonly #kind: string;
  readonly #parts = new Map<string, P>();
  #schema: z.ZodType | undefined;

  /** @param kind what errors call a part: `trunk` */
  constructor(kind: string, parts: readonly P[]) {
    this.#kind = kind;
    for (const part of parts) this.add(part);
  }

  /**
   * Adds a part. From then on configurations may name it. Adding the same part again does nothing.
   *
   * @throws HmsaError when the argument is not a part, its schema is of another name, or another part has its name
   */
  add(part: P): void {
    const isPart = isObject(part) && typeof part.name === 'string' && part.schema instanceof z.ZodObject;
    checkArgument(isPart, `add a ${this.#kind}`, `a ${this.#kind} with a name and a schema`, part);
    const named: unknown = part.schema.shape.name;
    if (!(named instanceof z.ZodLiteral && named.values.size === 1 && named.values.has(part.name))) {
      throw new HmsaError({
        operation: `add a ${this.#kind}`,
        expected: `a schema whose key "name" is z.literal(${JSON.stringify(part.name)})`,
        received: named instanceof z.ZodLiteral ? [...named.values].map(shown).join(', ') : 'none',
      });
    }
    const known = this.#parts.get(part.name);
    if (known === part) return;
    if (known !== undefined) {
      throw new HmsaError({
        operation: `add a ${this.#kind}`,
        expected: 'a name that no other has',
        received: part.name,
      });
    }
    this.#parts.set(part.name, part);
    this.#schema = undefined;
  }

  get names(): readonly string[] {
    return [...this.#parts.keys()];
  }

  /** @throws HmsaError that lists the names when there is no such part */
  get(name: string): P {
    const part = this.#parts.get(name);
    if (part !== undefined) return part;
    throw new HmsaError({
      operation: `model, ${this.#kind}`,
      expected: `the name of a ${this.#kind}`,
      received: String(name),
      remedy: suggest(String(name), this.names),
    });
  }

  /** A schema for a configuration of one of the parts that are there when a value is checked. */
  anyOf<Config>(description: string): z.ZodType<Config> {
    const schema = z.lazy(() => this.schema).describe(description);
    // By itself, zod keeps the first that it has found, and parts that are added later would be unknown.
    Object.defineProperty(schema._zod, 'innerType', { get: () => this.schema });
    return schema as z.ZodType as z.ZodType<Config>;
  }

  /** The union of the parts' schemas: one variant for each part. */
  get schema(): z.ZodType {
    this.#schema ??= z.discriminatedUnion(
      'name',
      [...this.#parts.values()].map(({ schema }) => schema) as unknown as [z.ZodObject],
    );
    return this.#schema;
  }
}
