// biome-ignore-all lint/suspicious/noExplicitAny: records and tensors that are changed in ways that no type allows
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../dist/model/weights/index.js';
import {
  resumeTraining,
  type TrainEvent,
  type TrainHooks,
  type TrainResult,
  train,
} from '../../dist/node/index.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../dist/training/index.js';
import { fast, phase, smallConfig } from './tiny.js';

// Two epochs of six steps in the phase `scales`.
// Version 0.1 had two layers in every transposed attention, so that its words can say this configuration too.
const config = smallConfig({
  phases: [phase('scales', 2, 4e-3)],
  validateEvery: 0,
  model: { attention: { layers: 2 } },
});
const request = { config, data: 'synthetic:count=12,size=48x48', session: fast, workers: 0 };

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const files = async (run: string) => (await readdir(at(run), { recursive: true })).sort();
const bytes = (...path: string[]) => readFile(at(...path));
const record = async (run: string) => JSON.parse(await readFile(at(run, 'run.json'), 'utf8'));
const checkpoint = (run: string) => at(run, 'checkpoints', 'last.safetensors');

/** Everything in a folder, to be compared with what is there later. */
async function contents(run: string): Promise<Record<string, string>> {
  const names = (await readdir(at(run), { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  );
  const paths = names.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, (await readFile(path)).toString('base64')])),
  );
}

/** Ends a run after the step of that number. */
async function until(last: number, work: (hooks: TrainHooks) => Promise<TrainResult>): Promise<TrainResult> {
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'step' && event.step === last) controller.abort();
  };
  return work({ signal: controller.signal, onEvent });
}

/** A copy of a run with some of its record replaced. */
async function altered(name: string, from: string, change: (record: Record<string, any>) => void) {
  await rm(at(name), { recursive: true, force: true });
  await cp(at(from), at(name), { recursive: true });
  const found = await record(name);
  change(found);
  await writeFile(at(name, 'run.json'), JSON.stringify(found));
  return at(name);
}

/** A copy of the halted run with another checkpoint. */
async function withCheckpoint(name: string, change: (bytes: Buffer) => Uint8Array) {
  await rm(at(name), { recursive: true, force: true });
  await cp(at('halted'), at(name), { recursive: true });
  await writeFile(checkpoint(name), change(await readFile(checkpoint(name))));
  return at(name);
}

/** The resumption fails with this message, and no file has changed. */
async function refused(out: string, message: RegExp) {
  const name = out.slice(folder.length + 1);
  const before = await contents(name);
  await expect(resumeTraining(out)).rejects.toThrow(message);
  expect(await contents(name)).toEqual(before);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-run-folder-'));
  await train(request, at('done'));
  const { interrupted, file, step } = await until(7, (hooks) => train(request, at('halted'), hooks));
  expect({ interrupted, file, step }).toEqual({
    interrupted: true,
    file: at('halted', 'interim.safetensors'),
    step: 8,
  });
});
afterAll(() => rm(folder, { recursive: true }));

test('an interrupted run keeps its model under a name of its own, a finished one has the model alone', async () => {
  expect(await files('halted')).toEqual(
    [
      'checkpoints',
      'checkpoints/last.safetensors',
      'interim.safetensors',
      'metrics.jsonl',
      'run.json',
    ].sort(),
  );
  await cp(at('halted'), at('on'), { recursive: true });
  expect((await resumeTraining(at('on'))).file).toBe(at('on', 'model.safetensors'));
  expect(await files('on')).toEqual(await files('done'));
  for (const name of ['model.safetensors', 'metrics.jsonl'])
    expect(Buffer.compare(await bytes('on', name), await bytes('done', name))).toBe(0);
});

describe('a checkpoint that is gone', () => {
  test('of a finished run: refused, and the model stays', async () => {
    await cp(at('done'), at('lost'), { recursive: true });
    await rm(at('lost', 'checkpoints'), { recursive: true });
    await refused(
      at('lost'),
      /last\.safetensors: expected the checkpoint of step 12.* received no such file\. The run is finished/,
    );
  });

  test('of a run that has begun: refused', async () => {
    await cp(at('halted'), at('lost-too'), { recursive: true });
    await rm(checkpoint('lost-too'));
    await refused(
      at('lost-too'),
      /expected the checkpoint of step 8.* Restore it from a copy, or start a new run\./,
    );
  });
});

describe('a checkpoint that is not as it was written', () => {
  const tensors =
    (change: (tensors: Map<string, any>, metadata: Map<string, string>) => void) => (file: Buffer) => {
      const { tensors, metadata } = readSafetensors(file, 'x');
      const [changed, told] = [new Map(tensors), new Map(metadata)];
      change(changed, told);
      return writeSafetensors({ tensors: changed, metadata: told });
    };
  /** Its metadata in the header edited in place, without a new checksum. */
  const told = (from: string, to: string) => (file: Buffer) => {
    file.write(to, file.indexOf(from), 'latin1');
    return file;
  };
  const cases: Record<string, (file: Buffer) => Uint8Array> = {
    'zeroed data': (file) => file.fill(0, 8 + Number(file.readBigUInt64LE(0))),
    'a flipped bit': (file) => {
      file[file.length - 1000]! ^= 1;
      return file;
    },
    'no moments': tensors((tensors) => {
      for (const name of tensors.keys()) if (name.startsWith('optimizer.mean.')) tensors.delete(name);
    }),
    'another step': told('"step":"8"', '"step":"7"'),
    'no checksum': told('"crc32"', '"crc_2"'),
  };
  test.each(Object.keys(cases))('%s', async (name) => {
    await refused(
      await withCheckpoint('damaged', cases[name]!),
      /last\.safetensors: expected (a checksum, crc32|content of the checksum|optimizer\.mean).* Restore the (checkpoint|file) from a copy, or start /,
    );
  });

  test('one of a newer format says so, whatever else it holds', async () => {
    const out = await withCheckpoint('newer', told('"formatVersion":"3"', '"formatVersion":"4"'));
    await refused(
      out,
      /expected a checkpoint of format 3 or earlier, received format 4\. Install a newer hmsa\.$/,
    );
  });

  test('one of format 2, which had two checksums, is read', () => {
    const file = tensors((_, metadata) => {
      metadata.set('formatVersion', '2');
      metadata.set('checksum', '0123456789abcdef');
    })(Buffer.from(encodeCheckpoint({ step: 3, values: new Map() }, 'mark')));
    expect(decodeCheckpoint(file, 'x')).toEqual({ step: 3, values: new Map(), run: 'mark' });
  });

  // As version 0.1 wrote it: no checksum, so that only what can be known without one is held against it.
  const early = (change: (tensors: Map<string, any>, metadata: Map<string, string>) => void) =>
    tensors((all, metadata) => {
      metadata.set('formatVersion', '1');
      metadata.delete('run');
      change(all, metadata);
    });
  const weight = 'optimizer.square.trunk.features.0.0.weight';
  test.each<[string, (file: Buffer) => Uint8Array, RegExp]>([
    [
      'no moments',
      early((all) => all.delete(weight)),
      /expected optimizer\.square\..* received none of that name/,
    ],
    [
      'another shape',
      early((all) => all.set(weight, { dtype: 'float32', shape: [1], data: new Float32Array(1) })),
      /expected optimizer\.square\..* received float32 \[1\]/,
    ],
    [
      'not finite',
      early((all) => all.get(weight).data.fill(Number.NaN)),
      /expected numbers that training can produce in optimizer\.square\..* received NaN/,
    ],
    ['an earlier step', early((_, metadata) => metadata.set('step', '3')), /one of step 3/],
    ['a later step', early((_, metadata) => metadata.set('step', '13')), /one of step 13/],
  ])('of version 0.1: %s', async (_, change, message) => {
    await refused(await withCheckpoint('early', change), message);
  });

  test('a run of version 0.1 goes on to the same bits', async () => {
    const out = await withCheckpoint(
      'version-1',
      early(() => {}),
    );
    const { formatVersion: _, config, ...old } = await record('version-1');
    const { loss, ...others } = config;
    const inOldWords = { ...old, config: { ...others, scaleLossWeight: loss.perScale } };
    await writeFile(at('version-1', 'run.json'), JSON.stringify(inOldWords));
    await writeFile(at('version-1', 'model.safetensors'), await bytes('halted', 'interim.safetensors'));
    expect((await resumeTraining(out)).interrupted).toBe(false);
    expect(
      Buffer.compare(await bytes('version-1', 'model.safetensors'), await bytes('done', 'model.safetensors')),
    ).toBe(0);
  });

  test('of another run: refused', async () => {
    const other = { ...config, seed: 2 };
    await refused(
      await altered('other', 'halted', (found) => {
        found.config = other;
      }),
      /expected a checkpoint of the configuration and data in .*run\.json, received one of others/,
    );
  });
});

test.each<[string, (record: Record<string, any>) => void, RegExp]>([
  [
    'no phases',
    (r) => delete r.config.phases,
    /run\.json, config\.phases: expected a list .*, received nothing/,
  ],
  ['no optimiser', (r) => delete r.config.optimizer, /config\.optimizer: .* received nothing/],
  ['no parts', (r) => delete r.parts, /parts: expected a list.*, received nothing/],
  ['other steps', (r) => (r.steps = 100), /expected 12 steps, .* received 100/],
  ['a step beyond the last', (r) => (r.step = 13), /expected a step of at most 12, received 13/],
  ['finished at a wrong step', (r) => (r.finished = true), /expected step 12 of a finished run, received 8/],
  [
    'another batch',
    (r) => (r.config.batch = 3),
    /expected 4 steps in an epoch, .* received 6|config|as run\.json/,
  ],
  [
    'a batch that is a text',
    (r) => (r.config.batch = '2'),
    /config\.batch: expected a whole number .*, received "2"/,
  ],
  [
    'a batch without bounds',
    (r) => (r.config.batch = 1e9),
    /config\.batch: expected a whole number from 1 to 1024, received 1000000000/,
  ],
  [
    'parts out of order',
    (r) => r.parts.push({ ...r.parts[0] }),
    /expected parts in the order of their steps/,
  ],
  ['a misspelt key', (r) => (r.stepz = 3), /known keys .*received stepz\. Did you mean steps\?/],
  [
    'a later format',
    (r) => (r.formatVersion = 9),
    /format 3 or earlier, received format 9\. Install a newer/,
  ],
  ['other classes', (r) => (r.classes = ['a']), /expected the classes of the data/],
  ['no configuration', (r) => delete r.config, /config: expected an object.*, received nothing/],
])('a record with %s is refused in words', async (_, change, message) => {
  const out = await altered('record', 'halted', change);
  await refused(out, message);
  await expect(resumeTraining(out)).rejects.not.toThrow(/Invalid input|Too (big|small)/);
});

test.each<[string, (text: string) => string, RegExp]>([
  [
    'half of it',
    (text) => text.slice(0, text.length >> 1),
    /run\.json, line \d+, column \d+: expected [^\n]*, received /,
  ],
  [
    'a key twice',
    (text) => text.replace('{', '{"step": 1,'),
    /run\.json: expected each key once, received step twice/,
  ],
])('a record with %s is refused', async (_, change, message) => {
  const out = await altered('record', 'halted', () => {});
  await writeFile(at('record', 'run.json'), change(await readFile(at('record', 'run.json'), 'utf8')));
  await refused(out, message);
});

describe('a folder with files that no run has left', () => {
  test.each([['model.safetensors'], ['metrics.jsonl'], ['notes.txt']])(
    '%s: refused, untouched',
    async (name) => {
      await mkdir(at('mine'), { recursive: true });
      await writeFile(at('mine', name), 'precious');
      await expect(train(request, at('mine'))).rejects.toThrow(
        /^--out: expected a new or empty folder, received .*mine, which holds other files \(.*\)\. Choose another folder: --out DIR\.$/,
      );
      expect(await readFile(at('mine', name), 'utf8')).toBe('precious');
      await rm(at('mine'), { recursive: true });
    },
  );

  test('temporary files of others stay, our own that a kill has left go', async () => {
    await cp(at('done'), at('temporary'), { recursive: true });
    const [ours, earlier] = ['.hmsa-0123456789ab.tmp', '.run.json.0123456789ab.tmp'];
    for (const name of ['.notes.tmp', '.model.tmp', ours, earlier])
      await writeFile(at('temporary', name), 'x');
    await resumeTraining(at('temporary'));
    expect((await files('temporary')).filter((name) => name.startsWith('.'))).toEqual([
      '.model.tmp',
      '.notes.tmp',
    ]);
  });
});

describe('one process at a time', () => {
  test('a run that goes on is not touched by another, not even in the same process', async () => {
    let tries = 0;
    const message = new RegExp(
      `locked: expected a folder that no other process writes into, received process ${process.pid}, `,
    );
    const controller = new AbortController();
    await train(request, at('locked'), {
      signal: controller.signal,
      async onEvent(event: TrainEvent) {
        if (event.kind !== 'step') return;
        for (const other of [() => train(request, at('locked')), () => resumeTraining(at('locked'))]) {
          await expect(other()).rejects.toThrow(message);
          tries++;
        }
        await cp(at('locked'), at('copied'), { recursive: true });
        expect(await files('copied')).toContain('.hmsa-lock');
        controller.abort();
      },
    });
    expect(tries).toBe(2);
    expect(await files('locked')).toEqual(await files('halted'));
    // A copy of the folder is not locked: its lock names another folder.
    const warnings: string[] = [];
    const again = new AbortController();
    const { step } = await resumeTraining(at('copied'), {
      signal: again.signal,
      onEvent(event) {
        if (event.kind === 'warning') warnings.push(event.what);
        if (event.kind === 'step') again.abort();
      },
    });
    expect(step).toBe(1);
    expect(warnings.join()).toContain(`took over ${at('copied')} from process ${process.pid}, `);
  });

  test('a lock of another host is refused with the way out', async () => {
    await cp(at('done'), at('elsewhere'), { recursive: true });
    const owner = {
      pid: 1,
      host: 'elsewhere',
      place: '',
      boot: '',
      began: '',
      since: '2026-01-01',
      folder: '/',
      id: 'x',
    };
    await writeFile(at('elsewhere', '.hmsa-lock'), JSON.stringify(owner));
    await refused(at('elsewhere'), /process 1 on elsewhere, .*If it has ended, delete .*\.hmsa-lock\.$/);
    await rm(at('elsewhere', '.hmsa-lock'));
    expect((await resumeTraining(at('elsewhere'))).interrupted).toBe(false);
  });
});

test('an epoch that is cut off goes on from the step that was saved within it, to the same bits', async () => {
  const saved: number[] = [];
  const error = new Error('killed');
  await expect(
    train({ ...request, saveEvery: '2' }, at('within'), {
      onEvent(event) {
        if (event.kind === 'saved') saved.push(event.step);
        if (event.kind === 'step' && event.step === 9) throw error;
      },
    }),
  ).rejects.toBe(error);
  expect(saved).toEqual([2, 4, 6, 8]);
  await resumeTraining(at('within'));
  for (const name of ['model.safetensors', 'metrics.jsonl', 'checkpoints/last.safetensors'])
    expect(Buffer.compare(await bytes('within', name), await bytes('done', name))).toBe(0);
});

test('a hook whose promise rejects ends the run with that error, and what was saved stays', async () => {
  const error = new Error('the hook failed');
  const run = train({ ...request, saveEvery: '1' }, at('hook'), {
    async onEvent(event) {
      await Promise.resolve();
      if (event.kind === 'step' && event.step === 3) throw error;
    },
  });
  await expect(run).rejects.toBe(error);
  expect(decodeCheckpoint(await readFile(checkpoint('hook')), 'x').step).toBe(3);
  expect(await files('hook')).not.toContain('.hmsa-lock');
  const early = train(request, at('hook-early'), { onEvent: () => Promise.reject(error) });
  await expect(early).rejects.toBe(error);
  await expect(files('hook-early')).rejects.toThrow('ENOENT');
});

test.each<[Record<string, unknown>, RegExp]>([
  [
    { config: { ...config, batch: 1e9 } },
    /^train, config\.batch: expected a whole number from 1 to 1024, received 1000000000\.$/,
  ],
  [
    { config: { ...config, phases: [phase('scales', 0, 1)] } },
    /config\.phases\[0\]\.epochs: expected a whole number .*, received 0/,
  ],
  [
    { config: { ...config, phases: [phase('scales', 1, Number.NaN)] } },
    /phases\[0\]\.schedule\.rate: expected a number .*, received NaN/,
  ],
  [{ config: { ...config, phases: [] } }, /config\.phases: expected a list of 1 .*, received \[\]/],
  [
    { config: { ...config, accumulate: 7 } },
    /^config, accumulate: expected at most 6, the batches of .*, received 7/,
  ],
  [{ config: { ...config, constructor: 1 } }, /known keys in config .*received constructor/],
  [{ config: undefined }, /config: expected an object.*, received nothing/],
  [{ data: 7 }, /data: expected a text KIND:PATH, a data set, or .*, received 7/],
  [{ session: { threads: 0 } }, /session\.threads: expected a whole number .*, received 0/],
  [
    { saveEvery: 'often' },
    /saveEvery: expected a time such as 90s, 10m or 2h, or a number of steps, above 0, received often/,
  ],
  [{ skipbad: true }, /known keys .*received skipbad\. Did you mean skipBad\?/],
])('the library refuses %j, and leaves nothing behind', async (changes, message) => {
  await expect(train({ ...request, ...changes } as never, at('none'))).rejects.toThrow(message);
  expect(await readdir(at('none')).catch(() => [])).toEqual([]);
});

test.skipIf(process.platform === 'win32')('places where no folder can be made are named', async () => {
  await expect(train(request, '/proc/x')).rejects.toThrow(
    /^\/proc\/x: expected a folder, or a place where one can be created, received /,
  );
  await expect(train(request, '/dev/null/x')).rejects.toThrow(
    /^\/dev\/null\/x: .*received a file where a folder/,
  );
});

test('a checkpoint tells its run, and is read back as it was', () => {
  const values = new Map([['w', { dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) } as const]]);
  const found = decodeCheckpoint(encodeCheckpoint({ step: 3, values }, 'mark'), 'x');
  expect(found).toEqual({ step: 3, values, run: 'mark' });
});

describe('a folder that somebody changes while a run works in it', () => {
  /** A run in which something is done to its folder after its first step; the error that it ends with. */
  const disturbed = async (name: string, disturb: () => Promise<void>) => {
    const onEvent = async (event: TrainEvent) => {
      if (event.kind === 'step' && event.step === 0) await disturb();
    };
    return train(request, at(name), { onEvent });
  };

  test('another folder in its place is not written into', async () => {
    const swap = async () => {
      await rename(at('moved'), at('moved-away'));
      await mkdir(at('moved'));
      await writeFile(at('moved', 'run.json'), 'of another');
    };
    await expect(disturbed('moved', swap)).rejects.toThrow(
      /moved: expected the folder that this process has locked, in its place, received another folder of this name/,
    );
    expect(await readdir(at('moved'))).toEqual(['run.json']);
    expect(await bytes('moved', 'run.json')).toEqual(Buffer.from('of another'));
  });

  test('one that is gone is not made again', async () => {
    await expect(disturbed('gone', () => rm(at('gone'), { recursive: true }))).rejects.toThrow(
      /received no folder: it was moved or deleted/,
    );
    expect(await readdir(folder)).not.toContain('gone');
  });

  test('a lock that was deleted is taken again, unless another process has it', async () => {
    const remove = () => rm(at('unlocked', '.hmsa-lock'));
    expect(await disturbed('unlocked', remove)).toMatchObject({ interrupted: false });
    const owner = { pid: 7, host: 'h', place: 'p', boot: 'b', began: '1', since: 's', folder: 'f', id: 'i' };
    const replace = () => writeFile(at('taken', '.hmsa-lock'), JSON.stringify(owner));
    await expect(disturbed('taken', replace)).rejects.toThrow(
      /received a folder that process 7 has locked since/,
    );
    expect(await files('taken')).toEqual(['.hmsa-lock', 'run.json']);
  });
});

test('a model that somebody has put into the folder of a run that is not done is not replaced', async () => {
  await cp(at('halted'), at('guest'), { recursive: true });
  await writeFile(at('guest', 'model.safetensors'), 'of another');
  await refused(
    at('guest'),
    /model\.safetensors: expected no model before the last step, 12, received one that this run did not write/,
  );
});

test('nor is one that lies there when a run goes on that was killed after its last step; its own is taken', async () => {
  const name = 'late-guest';
  await altered(name, 'done', (found) => {
    found.finished = false;
  });
  expect((await resumeTraining(at(name))).file).toBe(at(name, 'model.safetensors'));
  expect((await bytes(name, 'model.safetensors')).equals(await bytes('done', 'model.safetensors'))).toBe(
    true,
  );
  await altered(name, 'done', (found) => {
    found.finished = false;
  });
  await writeFile(at(name, 'model.safetensors'), 'of another');
  await expect(resumeTraining(at(name))).rejects.toThrow(
    /received one that this run did not write\. Move it/,
  );
  expect((await bytes(name, 'model.safetensors')).toString()).toBe('of another');
});

test('folders in place of the lock and the checkpoint are refused with a way out', async () => {
  await cp(at('halted'), at('folders'), { recursive: true });
  await mkdir(at('folders', '.hmsa-lock'));
  await refused(at('folders'), /\.hmsa-lock: expected the lock .*, received a folder\. .*Delete it/);
  await rmdir(at('folders', '.hmsa-lock'));
  await rm(checkpoint('folders'));
  await mkdir(checkpoint('folders'));
  await refused(at('folders'), /last\.safetensors: expected the checkpoint .*, received a folder\. Restore/);
});

test('weights to start from are read before the data and the folder', async () => {
  const init = at('none.safetensors');
  const wrong = train({ ...request, init, data: `folder:${at('none')}` }, at('no-init'));
  await expect(wrong).rejects.toThrow(
    /none\.safetensors: expected a file of pretrained weights, received no/,
  );
  expect(await files('no-init').catch(() => 'no folder')).toBe('no folder');
});

test('a session of a run says where it computes, and names neither files to write nor state', async () => {
  for (const [key, value] of [
    ['profile', 'x'],
    ['commit', 'x'],
    ['state', {}],
  ])
    await expect(
      train({ ...request, session: { [key as string]: value } } as typeof request, at('session')),
    ).rejects.toThrow(/train: expected known keys in session/);
  await expect(train({ ...request, session: { threads: 257 } }, at('session'))).rejects.toThrow(
    'train, session.threads: expected a whole number from 1 to 256, received 257',
  );
});

test('a run that is refused after its folder was made leaves none', async () => {
  const out = at('refused');
  const refused = train({ ...request, validationSplit: 'no-such-split' } as any, out);
  await expect(refused).rejects.toThrow();
  await expect(readdir(out)).rejects.toThrow('ENOENT');
  await expect(train({ ...request, initEntry: 'ema' }, out)).rejects.toThrow(
    'initEntry: expected it with init, the file that has the entry, received it alone.',
  );
});
