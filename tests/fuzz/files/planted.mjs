// Readers that do what none may, to show that it is noticed.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function openReaders(folder) {
  return {
    whole: async () => undefined,
    hang: async () => {
      for (;;);
    },
    wait: () => new Promise(() => {}),
    memory: async () => {
      const taken = [];
      // Filled, because memory that nobody has touched is not there.
      for (;;) taken.push(new Uint8Array(2 ** 24).fill(1));
    },
    end: async () => process.exit(3),
    'end at 1': async ([mark]) => {
      if (mark === 1) process.exit(3);
    },
    'wait at 1': ([mark]) => new Promise((resolve) => mark !== 1 && resolve()),
    'bug at 1': async ([mark]) => {
      if (mark === 1) throw new TypeError('a mistake');
    },
    'end once': async () => {
      const ended = join(folder, 'ended');
      if (existsSync(ended)) return;
      writeFileSync(ended, '');
      process.exit(3);
    },
    bug: async () => {
      throw new TypeError('a mistake');
    },
  };
}
