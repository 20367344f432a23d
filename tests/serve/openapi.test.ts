import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../dist/node/index.js';
import { choicesSchema } from '../../dist/node/serve/choices.js';
import { serveSegmenter } from '../../dist/node/serve/serve.js';
import type { Segmenter } from '../../dist/prediction/index.js';
import { untrained } from '../cli/model.js';

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly { readonly name: string }[];
            readonly responses: Readonly<Record<string, { readonly content?: object }>>;
          }
        >
      >
    >
  >;
}

let server: RunningServer;
let description: Description;
beforeAll(async () => {
  const nothing = async () => {};
  const segmenter = {
    model: untrained(),
    segment: nothing,
    prepare: async () => ({ scales: [1, 0.5] }),
    dispose: nothing,
  };
  server = await serveSegmenter(segmenter as unknown as Segmenter, { port: 0 });
  description = (await (await fetch(`${server.url}/openapi.json`)).json()) as Description;
});
afterAll(() => server.close());

test('the description is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone(description) as never);
  expect(result).toMatchObject({ valid: true });
  expect(description.openapi).toMatch(/^3\.1\./);
});

test('each address in it answers as it says, and the query is the one that is checked', async () => {
  const read = Object.entries(description.paths).filter(([, methods]) => 'get' in methods);
  expect(read.length).toBeGreaterThan(7);
  for (const [path, { get }] of read) {
    const response = await fetch(`${server.url}${path}`);
    const { content = {} } = get!.responses[response.status]!;
    expect(Object.keys(content), path).toEqual([response.headers.get('content-type')!.split(';')[0]]);
    await response.arrayBuffer();
  }
  const { parameters, responses } = description.paths['/v1/segment']!.post!;
  expect(parameters!.map(({ name }) => name)).toEqual(Object.keys(choicesSchema.shape));
  const statuses = [400, 403, 406, 408, 413, 415, 422, 500, 503, 504];
  expect(Object.keys(responses)).toEqual(['200', ...statuses.map(String)]);
});

test('the page for people needs nothing but itself, and names every address', async () => {
  const response = await fetch(`${server.url}/docs`);
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  const page = await response.text();
  expect(page).not.toMatch(/<script|<link|https?:\/\/(?!127\.0\.0\.1)/);
  for (const path of Object.keys(description.paths)) expect(page).toContain(path);
});
