/** Longer texts are shortened in the middle, so that the reader recognises both ends. */
const LONGEST = 400;

/**
 * A text that is safe to print on a terminal. Control characters, escape sequences, line breaks and marks that change the
 * direction of text are replaced by escapes (`\n`, `\u001b`, `\u202e`). Texts longer than `longest` characters are
 * shortened in the middle. Use it for names of files, classes and tensors, which come from outside; JSON output does not
 * need it.
 */
export function printable(text: string, longest = LONGEST): string {
  // An error about a wrong argument must not itself throw.
  if (typeof text !== 'string') {
    return printable(typeof text === 'object' ? Object.prototype.toString.call(text) : String(text), longest);
  }
  const characters = [...text.slice(0, 4 * longest + 4)];
  const cut =
    characters.length <= longest && text.length <= 4 * longest + 4
      ? characters
      : [
          ...characters.slice(0, longest >> 1),
          '…',
          ...[...text.slice(-4 * longest)].slice(1 - (longest >> 1)),
        ];
  return cut.map((character) => (unsafe.test(character) ? escaped(character) : character)).join('');
}

/** Controls, format characters (direction marks, zero-width, byte-order mark), separators of lines, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return short[character] ?? (code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`);
}
