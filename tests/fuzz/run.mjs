// npm run fuzz -- --runs 10000 [--seed 1]: the fuzz test with more graphs than `npm test` has time for.
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const vitest = await startVitest('test', ['tests/fuzz'], {
  watch: false,
  provide: { fuzz: { runs: Number(values.runs), seed: Number(values.seed) } },
});
await vitest.close();
