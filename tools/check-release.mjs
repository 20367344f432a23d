// Refuses to publish a package that does not say where its source lies: `npm run release`.
import { readFileSync } from 'node:fs';

const { repository } = JSON.parse(
  readFileSync(process.argv[2] ?? new URL('../package.json', import.meta.url), 'utf8'),
);
const url = typeof repository === 'string' ? repository : repository?.url;

if (typeof url !== 'string' || url.trim() === '') {
  console.error(
    'package.json: expected a repository, received none. Add the public address of the source, ' +
      '"repository": { "type": "git", "url": "git+https://HOST/OWNER/hmsa.git" }, with its own HOST and OWNER.',
  );
  process.exitCode = 1;
}
