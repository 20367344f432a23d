import { createHash } from 'node:crypto';
import { escapeHtml, htmlPage, pageStyle } from '../../report/pages/index.js';
import { IMAGE_FIELD } from './image-of-request.js';
import { type Operation, statusText } from './openapi.js';

const style = `${pageStyle}
section { margin-top: 32px; } pre { overflow-x: auto; background: var(--soft); padding: 12px; border-radius: 8px; }
form { display: flex; flex-wrap: wrap; gap: 12px; align-items: center; } h2 code { font-size: 16px; }
td:first-child code { white-space: nowrap; }
input, button { font: inherit; } :focus-visible { outline: 2px solid #4285f4; outline-offset: 2px; }
`;

/** The policy of these pages: their own style sheet, forms to this server, and nothing else. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

function page(title: string, body: string): Response {
  return new Response(htmlPage(title, style, body), {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-cache',
    },
  });
}

const form = `<form method="post" action="/v1/segment?format=overlay" enctype="multipart/form-data">
<label>An image: <input type="file" name="${IMAGE_FIELD}" accept="image/*" required></label>
<button>Label it</button></form>`;

/** What there is when the browser app is not. */
export function startPage(): Response {
  return page(
    'hmsa serve',
    `<p>The browser app is not built here. This server labels images:</p>${form}
<ul><li><a href="/docs">The programming interface</a>, also <a href="/openapi.json">as OpenAPI</a></li>
<li><a href="/v1/model">The model</a>, <a href="/readyz">readiness</a> and <a href="/metrics">metrics</a></li></ul>`,
  );
}

/** The programming interface for people. */
export function docsPage(operations: readonly Operation[], origin: string): Response {
  return page(
    'hmsa serve: programming interface',
    `<p>Images in, labels out. Nothing that is sent is stored. Programs read <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
${form}
<pre>curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' '${escapeHtml(origin)}/v1/segment' -o labels.png
curl -F ${IMAGE_FIELD}=@photo.jpg '${escapeHtml(origin)}/v1/segment?format=json&amp;labels=runs'</pre>
${operations.map(sectionOf).join('\n')}`,
  );
}

function sectionOf({ method, path, summary, description, query, takes, gives }: Operation): string {
  const parameters = Object.entries<{ readonly description?: string | undefined }>(query?.shape ?? {});
  const rows = (entries: readonly (readonly [string, string])[]) =>
    entries
      .map(([name, html]) => `<tr><td><code>${escapeHtml(name)}</code></td><td>${html}</td></tr>`)
      .join('\n');
  const table = (name: string, entries: readonly (readonly [string, string])[]) =>
    entries.length === 0
      ? ''
      : `<h3>${name}</h3><div class="scroll"><table><tbody>${rows(entries)}</tbody></table></div>`;
  return `<section><h2><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h2><p>${marked(summary)}${description === undefined ? '' : ` ${marked(description)}`}</p>
${table(
  'Query',
  parameters.map(([name, schema]) => [name, marked(schema.description ?? '')]),
)}
${
  takes === undefined
    ? ''
    : `<h3>Body</h3><p>${Object.keys(takes)
        .map((type) => `<code>${escapeHtml(type)}</code>`)
        .join(', ')}</p>`
}
${table(
  'Answers',
  Object.entries(gives).map(([status, { means, content }]) => [
    statusText(status),
    `${marked(means)} ${content ? `<small>${Object.keys(content).map(escapeHtml).join(', ')}</small>` : ''}`,
  ]),
)}</section>`;
}

/** Text with `code` in backquotes, as HTML. */
function marked(text: string): string {
  return escapeHtml(text).replace(/`([^`]*)`/g, '<code>$1</code>');
}
