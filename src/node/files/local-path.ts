import { fileURLToPath } from 'node:url';
import { HmsaError } from '../../base/errors/index.js';

/**
 * The path that a text names: itself or, if it is a `file:` URL, that of the URL, without its escapes. Everything that is read by
 * name may be named by either.
 *
 * @throws HmsaError for a `file:` URL that names no file of this machine
 */
export function localPath(text: string): string {
  if (!isFileUrl(text)) return text;
  try {
    return fileURLToPath(text);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new HmsaError({
      operation: text,
      expected: 'a file: URL of a file on this machine, such as file:///photos/street.jpg',
      received: reasons[code ?? ''] ?? 'one with an escape that is not UTF-8',
      remedy: 'Name the file by its path.',
      cause,
    });
  }
}

/**
 * A command line in which every `file:` URL is its path, also that of a folder or of what is written, alone or behind
 * `--option=`. One that names no file stays, for the error of the file that it should be.
 */
export function withLocalPaths(args: readonly string[]): string[] {
  return args.map((arg) => {
    const [, option = '', text = arg] = /^(--[\w-]+=)(.*)$/s.exec(arg) ?? [];
    try {
      return `${option}${localPath(text)}`;
    } catch {
      return arg;
    }
  });
}

const isFileUrl = (text: string) => typeof text === 'string' && /^file:\/\//i.test(text);

const reasons: Readonly<Record<string, string>> = {
  ERR_INVALID_FILE_URL_HOST: 'one that names another host',
  ERR_INVALID_FILE_URL_PATH: 'one with an escaped separator in its path',
  ERR_INVALID_URL: 'one that is malformed',
};
