// node child.mjs READERS: reads one file after the other for the process that has forked it, which can end this one.
import { HmsaError } from '../../../dist/base/errors/index.js';

const { openReaders } = await import(process.argv[2]);
let readers;
process.on('message', async (message) => {
  if ('folder' in message) {
    readers = openReaders(message.folder, message.samples);
    process.send([]);
  } else process.send(await outcomes(message));
});

async function outcomes({ kind, files }) {
  const replies = [];
  let before = process.memoryUsage.rss();
  for (const bytes of files) {
    const result = await read(kind, bytes);
    const after = process.memoryUsage.rss();
    replies.push({ result, grown: after - before });
    before = after;
  }
  return replies;
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
