import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { version } from '../version.js';

/** A body that an operation takes or gives: a schema for each media type, or bytes. */
export type Content = Readonly<Record<string, z.ZodType | 'bytes' | 'text'>>;

/** What is known of an endpoint: enough for its description, and all of what the page shows. */
export interface Operation {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** A name that programs which read the description give its function. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** The parameters of the query, by name. */
  readonly query?: z.ZodObject;
  readonly takes?: Content;
  /** What each status means and holds. */
  readonly gives: Readonly<Record<number, { readonly means: string; readonly content?: Content }>>;
}

/** The description of a server, OpenAPI 3.1. It is made of what the server itself checks requests and answers with. */
export function openApi(operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method] = described(operation);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'hmsa serve',
      version,
      description: 'Labels every pixel of an image. Nothing that is sent is stored.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
  };
}

function described({ id, summary, description, query, takes, gives }: Operation): object {
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    ...(query && { parameters: parametersOf(query) }),
    ...(takes && { requestBody: { required: true, content: contentOf(takes) } }),
    responses: Object.fromEntries(
      Object.entries(gives).map(([status, { means, content }]) => [
        status,
        {
          description: means,
          ...(content && { content: contentOf(content) }),
          ...(status === '503' && { headers: { 'Retry-After': retryAfter } }),
        },
      ]),
    ),
  };
}

const retryAfter = {
  description: 'Seconds after which to try again.',
  schema: { type: 'integer', minimum: 1 },
};

function parametersOf(query: z.ZodObject): object[] {
  const { properties = {} } = schemaOf(query) as { properties?: Record<string, Record<string, unknown>> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    // `0.5,1,2`, not a parameter for each.
    ...(schema.type === 'array' && { style: 'form', explode: false }),
    schema,
  }));
}

function contentOf(content: Content): object {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [
      type,
      schema === 'bytes' ? {} : { schema: schema === 'text' ? { type: 'string' } : schemaOf(schema) },
    ]),
  );
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema) as Record<string, unknown>;
  return rest;
}

/** A status that holds an error. @param means why it is answered */
export function failure(means: string): { readonly means: string; readonly content: Content } {
  return { means, content: { 'application/problem+json': problemSchema } };
}

/** The body of every error: RFC 9457, and the parts of its message. */
export const problemSchema = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string().describe('The meaning of the status.'),
  status: z.int().min(400).max(599),
  detail: z.string().describe('The whole message, on one line.'),
  operation: z.string().describe('The part of the request that is meant.'),
  expected: z.string(),
  received: z.string(),
  remedy: z.string().optional().describe('What to do.'),
});

export function statusText(status: number | string): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}
