import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { localPath, withLocalPaths } from './local-path.js';

const isWindows = process.platform === 'win32';
const photo = isWindows ? 'C:\\my photos\\ä#1%.jpg' : '/my photos/ä#1%.jpg';
const { href } = pathToFileURL(photo);

test('a file URL is its path, without escapes; other texts stay', () => {
  expect(localPath(href)).toBe(photo);
  expect(localPath(href.replace('file:', 'FILE:'))).toBe(photo);
  for (const text of ['a.jpg', 'file:a', 'file', '/a%20b', 'https://example.org/a.jpg', ''])
    expect(localPath(text)).toBe(text);
});

test.each<readonly [url: string, message: RegExp]>([
  ...(isWindows
    ? []
    : [['file://example.org/a.jpg', /received one that names another host\. Name/] as const]),
  [
    'file:///a%2Fb.jpg',
    /^file:\/\/\/a%2Fb\.jpg: expected a file: URL .*received one with an escaped separator/,
  ],
  ['file:///C:/a%zz.jpg', /received one with an escape that is not UTF-8\./],
  ['file://a b/c', /received one that is malformed\./],
])('%s is refused in words', (url, message) => {
  expect(() => localPath(url)).toThrow(message);
});

test('a command line takes them as arguments and behind options', () => {
  expect(
    withLocalPaths(['segment', href, `--model=${href}`, '--out', href, 'file:///%zz', '--a=b=c']),
  ).toEqual(['segment', photo, `--model=${photo}`, '--out', photo, 'file:///%zz', '--a=b=c']);
});
