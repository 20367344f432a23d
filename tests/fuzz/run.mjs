// npm run fuzz -- --runs 10000 [--seed 1]: the fuzz test of graphs with more of them than `npm test` has time for.
// npm run fuzz -- --files [--minutes 1] [--seed 1]: damaged files, for so many minutes for each kind of file.
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    files: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
const vitest = await startVitest('test', [values.files ? 'tests/fuzz/files' : 'tests/fuzz/fuzz.test.ts'], {
  watch: false,
  provide: values.files
    ? { fuzzFiles: { minutes: Number(values.minutes), seed } }
    : { fuzz: { runs: Number(values.runs), seed } },
});
await vitest.close();
