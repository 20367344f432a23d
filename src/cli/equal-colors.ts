import { printable } from '../base/errors/index.js';
import { type ClassMap, formatColor } from '../data/index.js';

/** Which classes of a model look alike on its pictures, in one line; undefined where each has a colour of its own. */
export function equalColors({ names, colors }: Pick<ClassMap, 'names' | 'colors'>): string | undefined {
  const first = new Map<string, string>();
  for (const [id, color] of colors.entries()) {
    const text = formatColor(color);
    const other = first.get(text);
    if (other === undefined) first.set(text, names[id]!);
    else return `${printable(other, 60)} and ${printable(names[id]!, 60)} have one colour, ${text}`;
  }
  return undefined;
}
