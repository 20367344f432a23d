// Builds and checks the project, two steps at a time: `npm run check`. What a step prints is shown when it has ended.
import { spawn } from 'node:child_process';

/** The steps of a lane run one after the other. publint and knip look at what the build has written. */
const lanes = [
  ['build', 'exports', 'unused'],
  ['lint', 'layers', 'docs -- --emit none'],
];

/** Runs an npm script. @returns whether it succeeded */
function succeeds(script) {
  const child = spawn(`npm run -s ${script}`, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      process.stdout.write(`> ${script}\n${said}`);
      resolve(code === 0);
    });
  });
}

await Promise.all(
  lanes.map(async (scripts) => {
    for (const script of scripts) {
      if (await succeeds(script)) continue;
      process.exitCode = 1;
      return;
    }
  }),
);
