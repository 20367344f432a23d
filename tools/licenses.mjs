// The licenses of the packages whose code a bundle holds, as a text to lie beside it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A package's own text, or the notice at the head of its code, or where it comes from.
 *
 * @param files paths of modules and other files in the bundle; those outside of node_modules are passed over
 * @throws Error when a package names no license
 */
export async function licenses(files) {
  const packages = new Map();
  for (const file of [...files].sort()) {
    const folder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
    if (folder !== undefined) packages.set(folder, [...(packages.get(folder) ?? []), file]);
  }
  const texts = [...packages].map(async ([folder, of]) => {
    const { name, version, license, author, repository } = JSON.parse(
      await readFile(join(folder, 'package.json'), 'utf8'),
    );
    const own = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    const text = own === undefined ? await noticeOf(of) : await readFile(join(folder, own), 'utf8');
    if (license === undefined) throw new Error(`${name} names no license`);
    return `${name} ${version} (${license.replace(/^\((.*)\)$/, '$1')})\n\n${(text ?? `By ${author?.name ?? author}, ${repository?.url}. The package holds no text of the license.`).trim()}\n`;
  });
  const head = 'The files of this folder hold code of these packages.\n';
  return [head, ...(await Promise.all(texts))].join(`\n${'-'.repeat(80)}\n\n`);
}

/** The first comment at the head of a file that names a copyright. */
async function noticeOf(files) {
  for (const file of files) {
    const [comment] = (await readFile(file, 'utf8')).match(/^((\/\/.*\n)+|\/\*[\s\S]*?\*\/)/) ?? [];
    if (/copyright/i.test(comment)) return comment.replace(/^ ?(\/\/|\/\*!?|\*\/|\*) ?/gm, '');
  }
  return undefined;
}
