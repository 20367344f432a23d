// node child.mjs READERS: reads one file after the other for the process that has forked it, which can end this one.
import { HmsaError } from '../../../dist/base/errors/index.js';

const { openReaders } = await import(process.argv[2]);
let readers;
process.on('message', async (message) => {
  if ('folder' in message) {
    readers = openReaders(message.folder, message.samples);
    process.send({ result: 'ready' });
  } else process.send(await outcome(message));
});

async function outcome({ kind, bytes }) {
  const before = process.memoryUsage.rss();
  const result = await read(kind, bytes);
  return { result, grown: process.memoryUsage.rss() - before };
}

async function read(kind, bytes) {
  try {
    const wrong = await readers[kind](bytes);
    return wrong === undefined ? 'read' : { wrong };
  } catch (error) {
    if (error instanceof HmsaError && /^[^\p{Cc}]{1,8200}$/u.test(error.message)) return 'refused';
    return { wrong: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
