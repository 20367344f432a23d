/** The element of an id in index.html. */
export function element<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no element #${id}.`);
  return found as unknown as T;
}

/** An element with a text and attributes. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A square of a colour. It is a canvas, because the policy of the page allows no style attributes. */
export function swatch(color: readonly number[]): HTMLCanvasElement {
  const canvas = make('canvas', { width: '1', height: '1', 'aria-hidden': 'true' });
  const context = canvas.getContext('2d')!;
  context.fillStyle = `rgb(${color.join(' ')})`;
  context.fillRect(0, 0, 1, 1);
  return canvas;
}

/** Hands a file to the user. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = make('a', { href: url, download: name });
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
