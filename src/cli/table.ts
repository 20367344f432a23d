import stringWidth from 'string-width';

/**
 * Rows as lines of a terminal, with aligned columns two spaces apart. A Chinese character takes two columns, a
 * combining accent none.
 *
 * @param sides `l` or `r` for each column: the side to which its cells are aligned
 */
export function table(rows: readonly (readonly string[])[], sides: string): string[] {
  const widths = [...sides].map((_, column) =>
    Math.max(0, ...rows.map((row) => stringWidth(row[column] ?? ''))),
  );
  const aligned = (cell: string, column: number) => {
    const space = ' '.repeat(widths[column]! - stringWidth(cell));
    return sides[column] === 'r' ? space + cell : cell + space;
  };
  return rows.map((row) => row.map(aligned).join('  ').trimEnd());
}
