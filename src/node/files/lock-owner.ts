import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** The process that holds a lock, as the file of the lock describes it. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** Distinguishes machines of one name, and containers on one machine, which have process ids of their own. */
  readonly place: string;
  /** The boot of the machine during which the process started; empty if unknown. */
  readonly boot: string;
  /** The start of the process, as a number that no later process with the same id and boot has; empty if unknown. */
  readonly began: string;
  /** When the folder was locked, ISO 8601. */
  readonly since: string;
  /** The locked folder. A lock in a copy of it belongs to nobody. */
  readonly folder: string;
  /** Distinguishes this lock from all others, and is part of file names. */
  readonly id: string;
}

const schema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  place: z.string(),
  boot: z.string(),
  began: z.string(),
  since: z.string(),
  folder: z.string(),
  id: z.string().regex(/^[\w-]{1,64}$/),
}) satisfies z.ZodType<LockOwner>;

/** The owner that the file of a lock names; undefined if it does not name one. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** This process. */
export function thisProcess(): Pick<LockOwner, 'pid' | 'host' | 'place' | 'boot' | 'began'> {
  const machine = attempt(() => readFileSync('/etc/machine-id', 'utf8'));
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid'));
  return {
    pid: process.pid,
    host: hostname(),
    place: [machine, namespace].join(' ').trim(),
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    began: statOf(process.pid)?.began ?? '',
  };
}

/** Whether the owner of a lock is alive; unknown if it ran on another machine or in another container. */
export function isAlive({ pid, host, place, boot, began }: LockOwner): boolean | 'unknown' {
  const here = thisProcess();
  if (host !== here.host || place !== here.place) return 'unknown';
  if (boot !== here.boot) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM means that the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = statOf(pid);
  if (now === undefined) return true;
  // Otherwise the process has ended and its parent has not noticed yet, or another process got the same id.
  return !now.isEnded && now.began === began;
}

/** The state of a process on Linux; undefined elsewhere. */
function statOf(pid: number): { readonly isEnded: boolean; readonly began: string } | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name in parentheses may contain anything. After it come the state (field 3) and, 19 fields later, the start
  // time.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, began] = [fields[0], fields[19]];
  return began === undefined ? undefined : { isEnded: state === 'Z' || state === 'X', began };
}

function attempt(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}
