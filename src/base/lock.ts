/**
 * A lock between processes that frees itself when its holder dies, built from nothing but files (Node has no
 * flock). It knows nothing of what is locked, and it isn't fair: whoever looks first after a release has it.
 *
 * Format: the folder `<name>.lock` holds tickets named 1, 2, 3 …; the highest number is the current one.
 * A ticket's first byte is `H` (held) or `R` (released), its second line says who took it:
 *
 *   H
 *   {"identity":"812:115100:432b…:4026531836","who":"run 20261121-…","sinceMs":1795260000000}
 *
 * To take the lock: (1) list; where the highest ticket n is held by a living process, it is taken. Else
 * (2) create n+1 with its content complete, by link(2) of a temporary file, which fails where n+1 exists (then
 * look again); (3) list again; where a higher ticket exists, withdraw and look again. Else it is ours, and the
 * lower tickets are swept. To release: overwrite the first byte.
 *
 * Why two can't hold it. Let M be the highest number that ever existed. File M always exists: sweeping removes
 * only numbers below one's own, and one withdraws only upon seeing a higher number. A number n that is newly
 * linked is either M+1, or smaller than M: that is a process that slept between (1) and (2) while the lock
 * changed hands and its n was swept. In the second case (3) shows M, and it withdraws; until then, or if it dies
 * before, its ticket does nothing, because everyone goes by M only. In the first case it is the one creator of M,
 * and nobody creates M+1 while M is held by a living process. `Released` and `dead` never turn back (an
 * identity is never given to another process, see process-identity), so acting on them late does no harm.
 * All this needs a listing that doesn't miss M while it changes: the folder holds a handful of names and is the
 * lock's own, so one system call reads it, under the kernel's lock of the folder.
 *
 * Crashes: before link(2) a temporary file stays behind, after it a ticket of a dead process: the next holder
 * sweeps both. Release overwrites one byte in place: atomic, and possible on a full disk. A release that comes
 * late, after its ticket was swept, finds no file or marks a number below M.
 *
 * Holders that can't be seen from here (another machine or container on the same folder, or a boot ago) and
 * unreadable tickets are judged by the ticket's mtime, which holders renew. That is weaker: a holder that is
 * stopped for longer than the limit loses the lock, so it is used only where there is nothing better.
 *
 * Whoever cleans the parent folder must leave `*.lock` alone while others may be running.
 */
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fail, type Outcome, ok } from './outcome.ts';
import { identify, lifeOf, pidOf } from './process-identity.ts';

const RENEW_MS = 5_000;
const SILENT_LIMIT_MS = 60_000;

export interface Lock {
  /** Gives the lock back. May be called again; never throws: where it can't write, the lock ends with the process. */
  release(): void;
}

export interface Held {
  readonly kind: 'held';
  /** As given by the holder. Empty where its ticket can't be read (yet). */
  readonly who: string;
  /** In the holder's own pid namespace; 0 where unknown. */
  readonly pid: number;
  /** Unix time. */
  readonly sinceMs: number;
}

/** The folder can't be written or read; `code` is the system's, such as EROFS or EACCES. */
export interface Unusable {
  readonly kind: 'unusable';
  readonly path: string;
  readonly code: string;
}

export interface Aborted {
  readonly kind: 'aborted';
}

/** Takes the lock `name` in `dir` (made where absent) if it is free. Reads and writes the disk; about 0.2 ms. */
export function tryLock(dir: string, name: string, who: string): Outcome<Lock, Held | Unusable> {
  const folder = join(dir, `${name}.lock`);
  const identity = identify(process.pid);
  if (identity === null) return fail({ kind: 'unusable', path: '/proc/self/stat', code: 'ENOENT' });
  const content = `H\n${JSON.stringify({ identity, who, sinceMs: Date.now() })}\n`;
  try {
    for (;;) {
      const current = highest(list(folder));
      if (current > 0) {
        const holder = readTicket(join(folder, String(current)));
        if (holder === 'swept') continue;
        if (holder !== 'free') return fail(holder);
      }
      const mine = current + 1;
      if (!createTicket(folder, mine, content)) continue;
      const names = list(folder);
      if (highest(names) > mine) {
        remove(join(folder, String(mine)));
        continue;
      }
      sweep(folder, names, mine);
      return ok(holdTicket(join(folder, String(mine))));
    }
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return fail({ kind: 'unusable', path: path ?? folder, code });
  }
}

/** Who holds the lock now, null where nobody does or that can't be read. Reads the disk, takes and changes nothing. */
export function holderOf(dir: string, name: string): Held | null {
  const folder = join(dir, `${name}.lock`);
  try {
    for (;;) {
      const current = highest(readdirSync(folder));
      const holder = current === 0 ? 'free' : readTicket(join(folder, String(current)));
      if (holder !== 'swept') return holder === 'free' ? null : holder;
    }
  } catch {
    return null;
  }
}

export interface WaitOptions {
  /** Called once for each holder that is waited for. */
  readonly onWait?: ((held: Held) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How often to look; default 100. */
  readonly pollMs?: number | undefined;
}

/** As `tryLock`, but waits for as long as somebody holds it, or until `signal` aborts. */
export async function waitForLock(
  dir: string,
  name: string,
  who: string,
  options: WaitOptions = {},
): Promise<Outcome<Lock, Unusable | Aborted>> {
  let announced = '';
  for (;;) {
    if (options.signal?.aborted) return fail({ kind: 'aborted' });
    const taken = tryLock(dir, name, who);
    if (taken.ok) return taken;
    const { error } = taken;
    if (error.kind === 'unusable') return fail(error);
    const holder = `${error.pid} ${error.sinceMs} ${error.who}`;
    if (holder !== announced) options.onWait?.(error);
    announced = holder;
    await pause(options.pollMs ?? 100, options.signal);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(folder, { recursive: true });
    return [];
  }
}

function highest(names: readonly string[]): number {
  return names.reduce((max, name) => (/^\d+$/.test(name) ? Math.max(max, Number(name)) : max), 0);
}

function readTicket(path: string): Held | 'free' | 'swept' {
  let text: string;
  let writtenMs: number;
  try {
    text = readFileSync(path, 'utf8');
    writtenMs = statSync(path).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'swept';
    throw error;
  }
  if (text.startsWith('R')) return 'free';
  const ticket = parseTicket(text.slice(2));
  const life = ticket === null ? 'unknown' : lifeOf(ticket.identity);
  if (life === 'dead') return 'free';
  if (life === 'unknown' && Math.abs(Date.now() - writtenMs) > SILENT_LIMIT_MS) return 'free';
  if (ticket === null) return { kind: 'held', who: '', pid: 0, sinceMs: writtenMs };
  return { kind: 'held', who: ticket.who, pid: pidOf(ticket.identity), sinceMs: ticket.sinceMs };
}

function parseTicket(text: string): { identity: string; who: string; sinceMs: number } | null {
  try {
    const { identity, who, sinceMs } = JSON.parse(text) as Record<string, unknown>;
    if (typeof identity !== 'string' || typeof who !== 'string' || typeof sinceMs !== 'number') return null;
    return { identity, who, sinceMs };
  } catch {
    return null;
  }
}

/** False where another process was faster: look again. */
function createTicket(folder: string, number: number, content: string): boolean {
  const ticket = join(folder, String(number));
  const temporary = join(folder, `new.${process.pid}.${Math.random().toString(36).slice(2)}`);
  try {
    writeFileSync(temporary, content, { flag: 'wx' });
    linkSync(temporary, ticket);
    return true;
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EEXIST':
      // Our temporary file was swept by a holder that can't see this process (another container).
      case 'ENOENT':
        return false;
      // exFAT and some network mounts have no hard links. Created directly, the ticket is unreadable for a
      // moment, or for good where its creator dies just then: readers then go by its mtime.
      case 'EPERM':
      case 'ENOTSUP':
      case 'EOPNOTSUPP':
      case 'ENOSYS':
        return createDirectly(ticket, content);
      default:
        throw error;
    }
  } finally {
    remove(temporary);
  }
}

function createDirectly(ticket: string, content: string): boolean {
  try {
    writeFileSync(ticket, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes what earlier holders left, and temporary files of the dead. Not being able to is no harm. */
function sweep(folder: string, names: readonly string[], mine: number): void {
  for (const name of names) {
    const creator = /^new\.(\d+)\./.exec(name)?.[1];
    const isLeft =
      creator === undefined ? /^\d+$/.test(name) && Number(name) < mine : identify(Number(creator)) === null;
    if (isLeft) remove(join(folder, name));
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or a folder that became read-only: the next holder sweeps again.
  }
}

function holdTicket(path: string): Lock {
  const renewing = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // Only processes that can't see this one go by the mtime; there is nobody to tell.
    }
  }, RENEW_MS);
  renewing.unref();
  let isHeld = true;
  return {
    release() {
      if (!isHeld) return;
      isHeld = false;
      clearInterval(renewing);
      try {
        const file = openSync(path, 'r+');
        try {
          writeSync(file, 'R', 0);
        } finally {
          closeSync(file);
        }
      } catch {
        // Swept, or no longer writable: it ends with this process at the latest.
      }
    },
  };
}
