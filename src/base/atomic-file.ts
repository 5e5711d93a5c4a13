/**
 * Writing files so that a reader, a crash or a power cut finds the old content or the new one, never a part:
 * temporary file, sync, rename, sync of the folder. Doesn't know what it writes, nor where temporary files are kept.
 */
import {
  closeSync,
  fdatasyncSync,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, type Outcome, ok } from './outcome.ts';
import { identify, lifeOf } from './process-identity.ts';

/** The operating system refused: what was being done, to which path, and the system's code (`ENOSPC`, `EIO`…). */
export interface IoError {
  readonly kind: 'io';
  readonly doing: string;
  readonly path: string;
  readonly code: string;
}

/** Turns a caught system error into a value. Anything else was a bug, and is thrown on. */
export function ioError(error: unknown, doing: string, path: string): IoError {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined) throw error;
  return { kind: 'io', doing, path, code };
}

const TEMP_PATTERN = /^\.tmp-(.+)-[a-z0-9]+-\d+$/;
const ABANDONED_AFTER_MS = 24 * 60 * 60_000;
let identity: string | undefined;
let counter = 0;

/**
 * A file name that no other call, process, thread or machine gets: `.tmp-<process identity>-<random>-<n>`. The
 * first call reads the process table (about 60 us; 5 ms on macOS).
 */
export function tempName(): string {
  identity ??= `${identify(process.pid) ?? process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  counter += 1;
  return `.tmp-${identity}-${counter}`;
}

export function isTempName(name: string): boolean {
  return TEMP_PATTERN.test(name);
}

/**
 * Whether nobody will come back for this temporary file: its process is gone, or it is a day old. The age counts
 * alone for files of other machines, containers and boots, whose processes can't be seen from here.
 */
export function isAbandonedTemp(name: string, modifiedAtMs: number, nowMs: number): boolean {
  const owner = TEMP_PATTERN.exec(name)?.[1];
  if (owner === undefined) return false;
  return nowMs - modifiedAtMs > ABANDONED_AFTER_MS || lifeOf(owner) === 'dead';
}

/** Removes what killed processes left in a folder under temporary names. Where it can't, it lets them lie. */
export function sweepAbandoned(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      if (!isTempName(name)) continue;
      const path = join(folder, name);
      const modifiedAtMs = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (modifiedAtMs === undefined || !isAbandonedTemp(name, modifiedAtMs, Date.now())) continue;
      // Some put whole folders under such a name.
      rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // No such folder yet.
  }
}

/**
 * Replaces the content of `path`; its folder must exist, and a link at `path` is replaced, not followed. With
 * `sync` the new content survives a power cut from the moment this returns; without, a power cut may leave an
 * empty file, so only for what can be made again. On failure the old content stays and nothing is left behind.
 */
export function writeFileAtomic(
  path: string,
  bytes: string | Uint8Array,
  options: { readonly sync: boolean },
): Outcome<void, IoError> {
  const temp = join(dirname(path), tempName());
  try {
    const file = openSync(temp, 'wx');
    try {
      writeFileSync(file, bytes);
      if (options.sync) fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temp, path);
    // Without this the file's data is safe, but the name may still lead to the old file (seen 1 time in 6).
    if (options.sync) syncFolderNow(dirname(path));
    return ok(undefined);
  } catch (error) {
    removeFile(temp);
    return fail(ioError(error, 'write', path));
  }
}

/**
 * Makes a file that isn't there yet: whole and synced, or not at all. False where there is something of that name,
 * which is left alone. Throws the system's error, and leaves nothing behind then.
 */
export function createFileAtomic(path: string, bytes: string | Uint8Array, mode = 0o666): boolean {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return false;
  const temp = join(dirname(path), tempName());
  try {
    const file = openSync(temp, 'wx', mode);
    try {
      writeFileSync(file, bytes);
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(temp, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // exFAT and some network mounts have no hard links; there the last of two that come together wins.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code ?? '')) throw error;
    renameSync(temp, path);
    return true;
  } finally {
    removeFile(temp);
  }
}

/** Removes a file where it can, and says nothing where it can't: for cleaning up after something else failed. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone, or it stays behind under a name that is recognised as abandoned later.
  }
}

/** Makes names created in, renamed into and removed from this folder survive a power cut. Works off the main thread. */
export function syncFolder(path: string): Promise<Outcome<void, IoError>> {
  return new Promise((resolve) => {
    let folder: number;
    try {
      folder = openSync(path, 'r');
    } catch (error) {
      resolve(fail(ioError(error, 'open', path)));
      return;
    }
    fsync(folder, (error) => {
      closeSync(folder);
      resolve(error === null || canIgnore(error) ? ok(undefined) : fail(ioError(error, 'sync', path)));
    });
  });
}

function syncFolderNow(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!canIgnore(error)) throw error;
  } finally {
    closeSync(folder);
  }
}

/** Some network and FUSE file systems can't sync folders at all; there is nothing more to be had there. */
function canIgnore(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EINVAL' || code === 'ENOTSUP' || code === 'ENOSYS';
}

/**
 * Lets callers share runs of a job that costs the same for many as for one, such as a sync: each call gets the
 * outcome of a run that *starts* after the call, since a run under way may have missed what the caller wants
 * covered. So at most one run is under way and one is waiting, however many call.
 */
export function shareRuns<T>(job: () => Promise<T>): () => Promise<T> {
  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<T> | null = null;

  const start = (): Promise<T> => {
    waiting = null;
    const run = job();
    const settled = (): void => undefined;
    running = run.then(settled, settled);
    return run;
  };
  return () => {
    waiting ??= running.then(start);
    return waiting;
  };
}
