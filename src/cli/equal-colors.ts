import { printable } from '../base/errors/index.js';
import { type ClassMap, formatColor } from '../data/index.js';

/** One line that names the classes of a model with equal colours; undefined if all colours differ. */
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
