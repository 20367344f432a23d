// What tests beside the portable wings take of Node. Their sources name no module of Node, and neither do these tests, so that
// `git grep -l "node:" src` lists src/node and src/cli alone.
export { readFileSync } from 'node:fs';
export { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
export { arch, tmpdir } from 'node:os';
export { basename, join, posix, relative } from 'node:path';
export { setTimeout } from 'node:timers/promises';
