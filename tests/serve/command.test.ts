import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { untrained, writeModel } from '../cli/model.js';
import { start } from '../support/hmsa.js';

test.skipIf(process.platform === 'win32')(
  'it says where it is, logs requests, refuses a taken port, and ends by a signal with 0',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hmsa-serve-'));
    const model = await writeModel(join(folder, 'model.safetensors'), untrained());
    const { child, outcome } = start(['serve', '--model', model, '--port', '0', '--json', '--threads', '1']);
    const [line] = (await once(child.stdout, 'data')) as [string];
    const { url, port, pid } = JSON.parse(line);
    expect([url, pid]).toEqual([`http://127.0.0.1:${port}`, child.pid]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(url)).text()).toContain('app.mjs');
    const second = await start(['serve', '--model', model, '--port', String(port)]).outcome;
    expect([second.code, second.stdout]).toEqual([1, '']);
    expect(second.stderr).toMatch(/^hmsa: --port \d+: expected a free port, received one in use\..*\n$/);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await outcome;
    expect([code, stdout]).toEqual([0, line]);
    expect(stderr).toMatch(/hmsa: only this machine reaches it\n\S+Z GET \/readyz 200 \d+\.\d+ s\n/);
    await rm(folder, { recursive: true });
  },
);
