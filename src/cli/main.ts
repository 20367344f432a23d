import { Command } from 'commander';
import { version } from '../node/index.js';

const program = new Command('hmsa')
  .description('Label every pixel of an image: train, evaluate and run hierarchical multi-scale attention.')
  .version(version);

await program.parseAsync();
