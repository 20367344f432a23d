import { Command } from 'commander';
import { expect, test } from 'vitest';
import { refuseEmptyTexts } from './empty-texts.js';

function parsed(...texts: string[]): Command {
  const command = new Command('do')
    .argument('<FILE>')
    .argument('[MORE...]')
    .option('--to <FILE>')
    .option('--both, -b <WHAT>')
    .action(() => {})
    .hook('preAction', (_, it) => refuseEmptyTexts(it));
  return command.parse(texts, { from: 'user' });
}

test('an option or argument that is empty is refused by its name', () => {
  expect(() => parsed('a', '--to', '')).toThrow(
    '--to: expected --to <FILE>, received an empty text. Give a value, or leave it out.',
  );
  expect(() => parsed('a', '-b', '')).toThrow('--both: expected --both, -b <WHAT>');
  expect(() => parsed('')).toThrow('FILE: expected <FILE>, received an empty text');
});

test('what has a value, or is one of several files, goes on', () => {
  expect(parsed('a', '', '--to', 'b').args).toEqual(['a', '']);
});
