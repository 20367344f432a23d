import { printable } from '../../base/errors/index.js';
import type { Rgb } from '../../data/index.js';

/** Escapes a text for HTML, between tags and in quoted attributes. Control characters, which HTML cannot hold, become `\u001b`. */
export function escapeHtml(text: string): string {
  return printable(text, Number.POSITIVE_INFINITY).replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** A name after a square of its colour, on one line. The colour is [red, green, blue] or a CSS colour. */
export function swatched(name: string, color: Rgb | string): string {
  const css = typeof color === 'string' ? color : `rgb(${color.join()})`;
  return `<span class="named"><i class="swatch" style="background:${escapeHtml(css)}"></i><span>${escapeHtml(name)}</span></span>`;
}

/** The bytes of a picture as a `data:` URL. */
export function dataUrl(type: 'jpeg' | 'png', bytes: Uint8Array): string {
  let text = '';
  // In pieces, because the number of arguments of a call is limited.
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return `data:image/${type};base64,${btoa(text)}`;
}

/** Whether a text is a page of {@link htmlPage}, of this version or an earlier one. */
export function isOwnPage(text: string): boolean {
  const [head] = htmlPage('', '', '').split('<title>', 1);
  return text.startsWith(`${head}<title>`);
}

/** A complete page. It needs neither scripts nor network. */
export function htmlPage(title: string, style: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</html>
`;
}
