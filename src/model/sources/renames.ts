/**
 * The path of a variable of ours, and what a file calls it. `*` stands for one part of a path, `**` at the end for one or
 * more; each stands for the same in both. The first row that fits a path counts.
 */
export type Rename = readonly [ours: string, theirs: string];

/** The function that a table of names stands for; undefined for a path that no row fits. */
export function renamed(rows: readonly Rename[]): (path: string) => string | undefined {
  const compiled = rows.map(([ours, theirs]) => [expressionOf(ours), theirs] as const);
  return (path) => {
    for (const [expression, theirs] of compiled) {
      const found = expression.exec(path);
      if (found === null) continue;
      let at = 0;
      return theirs.replace(/\*\*|\*/g, () => found[++at]!);
    }
    return undefined;
  };
}

/** Whether a path fits one of several patterns. */
export function fitsAny(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map(expressionOf);
  return (path) => expressions.some((expression) => expression.test(path));
}

function expressionOf(pattern: string): RegExp {
  const parts = pattern
    .split('.')
    .map((part) => (part === '**' ? '(.+)' : part === '*' ? '([^.]+)' : part.replace(/\W/g, '\\$&')));
  return new RegExp(`^${parts.join('\\.')}$`);
}
