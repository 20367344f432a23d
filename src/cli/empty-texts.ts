import type { Command } from 'commander';
import { HmsaError } from '../base/errors/index.js';

/**
 * No option of any command means something when it is empty. A variable of a shell that is not set leaves one behind.
 *
 * @throws HmsaError that names the option or argument
 */
export function refuseEmptyTexts(command: Command): void {
  for (const option of command.options) {
    if (command.getOptionValue(option.attributeName()) === '')
      throw emptyText(option.long ?? option.flags, option.flags);
  }
  // Of several files, one that cannot be read is listed and the rest are done.
  for (const [i, argument] of command.registeredArguments.entries()) {
    if (!argument.variadic && command.args[i] === '')
      throw emptyText(argument.name(), `<${argument.name()}>`);
  }
}

function emptyText(operation: string, usage: string): HmsaError {
  return new HmsaError({
    operation,
    expected: usage,
    received: 'an empty text',
    remedy: 'Give a value, or leave it out.',
  });
}
