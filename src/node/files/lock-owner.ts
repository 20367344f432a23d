import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** The process that holds a lock, as the lock's file tells it. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** What tells machines of one name apart, and containers on one machine, whose process ids say nothing to others. */
  readonly place: string;
  /** The boot of the machine that the process belongs to; empty where that is not known. */
  readonly boot: string;
  /** When the process began, in a number that no later process of the same id and boot has; empty where not known. */
  readonly began: string;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** The folder that is locked: a lock in a copy of it is nobody's. */
  readonly folder: string;
  /** Tells this lock from every other. */
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
  id: z.string(),
}) satisfies z.ZodType<LockOwner>;

/** What a lock's file says, or undefined where it says nothing. */
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

/** Whether the owner of a lock lives; unknown where it ran on another machine or in another container. */
export function isAlive({ pid, host, place, boot, began }: LockOwner): boolean | 'unknown' {
  const here = thisProcess();
  if (host !== here.host || place !== here.place) return 'unknown';
  if (boot !== here.boot) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of another user answers EPERM.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = statOf(pid);
  if (now === undefined) return true;
  // Ended and not yet taken note of by its parent, or another process that was given the same id.
  return !now.isEnded && now.began === began;
}

/** What Linux says of a process; undefined elsewhere. */
function statOf(pid: number): { readonly isEnded: boolean; readonly began: string } | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name in parentheses may hold anything; after it come state (field 3) and, 19 fields on, the start time.
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
