import { Command, InvalidArgumentError } from 'commander';
import { printable } from '../base/errors/index.js';
import { type RunningServer, type ServedRequest, type ServeOptions, serve } from '../node/index.js';
import {
  addModelOptions,
  type ModelFlags,
  predictionOptions,
  scalesText,
  sessionOptions,
} from './model-options.js';
import { positiveNumber, wholeNumber } from './numbers.js';
import { loudLines } from './progress.js';
import { interruptible } from './run.js';
import { whatWentWrong } from './what-went-wrong.js';

interface ServeFlags extends ModelFlags {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: string[];
  readonly app?: string;
  readonly shareModel?: boolean;
  readonly maxBody: number;
  readonly maxPixels: number;
  readonly queue: number;
  readonly timeout: number;
  readonly json?: boolean;
}

const help = `
  /                the browser app, which labels images without sending them anywhere
  POST /v1/segment an image in, labels out: PNG, JSON or an overlay; /docs says how, /openapi.json tells programs
  /healthz, /readyz, /metrics for whoever watches it

Images are labelled one after the other. At most --queue others wait; what comes then is answered 503 with Retry-After. Nothing
that is sent is stored. Ctrl-C or SIGTERM ends it, with exit code 0: what is computed is finished, what waits is answered 503.

Only this machine reaches it. With --host 0.0.0.0 everybody in the network does; there are no passwords and no encryption,
which a reverse proxy can add (--allow-host tells its name if it runs on this machine). Then the model's file cannot be
downloaded, unless it is the shipped one or --share-model is given.

Examples:
  hmsa serve
  hmsa serve --model out/model.safetensors --port 0 --json
  curl --data-binary @street.jpg -H 'Content-Type: image/jpeg' 'http://127.0.0.1:8080/v1/segment?format=json'`;

const MEBI = 2 ** 20;

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('Serve the browser app and an HTTP interface that labels images, on this machine.')
    .option('--host <ADDRESS>', 'where to listen; 0.0.0.0 for the whole network', '127.0.0.1')
    .option('--port <N>', 'the port; 0 for any free one', portNumber, 8080)
    .option(
      '--allow-host <NAME>',
      'a further name of this server in requests, such as that of a reverse proxy; may be given several times',
      (name: string, before: string[] | undefined) => [...(before ?? []), name],
    )
    .option('--app <DIR>', 'the folder of the built browser app (default: that of hmsa)')
    .option('--share-model', 'let the file of the model be downloaded, also from other machines')
    .option('--no-share-model', 'do not let it be downloaded, not even by the app on this machine')
    .option('--max-body <MIB>', 'the largest upload, in MiB', positiveNumber, 32)
    .option('--max-pixels <MILLIONS>', 'the largest image, in millions of pixels', positiveNumber, 33)
    .option('--queue <N>', 'images that may wait', wholeNumber, 16)
    .option('--timeout <SECONDS>', 'the longest time from upload to answer', positiveNumber, 60)
    .option('--json', 'print where it listens as one line of JSON')
    .addHelpText('after', help);
  return addModelOptions(command).action(run);
}

async function run(flags: ServeFlags): Promise<void> {
  const { json = false, quiet = false } = flags;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  await interruptible(async (signal) => {
    const server = await serve({
      ...optionsOf(flags),
      onRequest: quiet ? () => {} : (request) => say(requestLine(request)),
      onError: (error) => say(`hmsa: ${whatWentWrong(error)}`),
    });
    if (json) {
      const { url, host, port, scales, combine } = server;
      process.stdout.write(`${JSON.stringify({ url, host, port, scales, combine, pid: process.pid })}\n`);
    } else process.stdout.write(`${server.url}\n`);
    for (const line of loudLines(startLines(server), quiet)) say(`hmsa: ${line}`);
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await server.close();
  });
}

function optionsOf(flags: ServeFlags): ServeOptions {
  const { model, host, port, allowHost, app, shareModel, maxBody, maxPixels, queue, timeout } = flags;
  return {
    host,
    port,
    ...(model !== undefined && { model }),
    ...(allowHost && { allowedHosts: allowHost }),
    ...(app !== undefined && { app }),
    ...(shareModel !== undefined && { shareModel }),
    ...predictionOptions(flags),
    session: sessionOptions(flags),
    limits: { bodyBytes: maxBody * MEBI, pixels: maxPixels * 1e6, waiting: queue, workSeconds: timeout },
  };
}

function startLines({ url, host, port, isLocal, scales, combine, modelFiles }: RunningServer): string[] {
  const downloads = modelFiles.length === 0 ? '' : `, and download ${modelFiles.join(' and ')}`;
  return [
    `serving ${scalesText(combine, scales)} at ${url}; the interface is described at ${url}/docs`,
    isLocal
      ? 'only this machine reaches it'
      : `warning: everybody who reaches ${host}, port ${port}, can have images labelled, read /metrics${downloads}; there is no password and no encryption`,
  ];
}

function requestLine({ method, path, status, seconds }: ServedRequest): string {
  return `${new Date().toISOString()} ${printable(method, 20)} ${printable(path, 200)} ${status} ${seconds.toFixed(3)} s`;
}

function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65535) throw new InvalidArgumentError('A port from 0 to 65535 is needed.');
  return port;
}
