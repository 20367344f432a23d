// Readers that do what none may, to show that it is noticed.
export function openReaders() {
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
    bug: async () => {
      throw new TypeError('a mistake');
    },
  };
}
