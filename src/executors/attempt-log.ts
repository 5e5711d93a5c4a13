/**
 * Where an attempt's output goes: one file for stdout and stderr. Normally the command gets the file itself, so
 * that nothing passes through orch, and the log is exact in bytes and order. Only where there are secrets to
 * mask do pipes stand between (stdout and stderr may then swap places within moments): what reaches the disk is
 * masked already. It doesn't know why an attempt ended.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { makeFolder } from '../base/make-folder.ts';
import { createMasker, type Masker } from '../base/mask.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { Failure } from '../model/failure.ts';
import { cappedWriter, cutLog } from './log-cap.ts';

/** How long output may go on after the command has ended, where a descendant still holds the pipe. */
const DRAIN_MS = 500;

export interface LogEnd {
  readonly sizeBytes: number;
  /** Output was lost: the disk is full, say. */
  readonly failure: Failure | null;
}

export interface AttemptLog {
  /** For the command's stdout and stderr. */
  readonly stdio: number | 'pipe';
  /** To be called once the command is started (or couldn't be): takes its pipes, or closes orch's own descriptor. */
  attach(child: ChildProcess | null): void;
  /** Waits for the last output, cuts an overlong log, removes an empty one. */
  finish(): Promise<LogEnd>;
}

/** Creates the file (and its folder); one that is there is emptied. */
export function openLog(
  path: string,
  maxBytes: number,
  secretValues: readonly string[],
): Outcome<AttemptLog, Failure> {
  try {
    const file = createFile(path);
    const masker = createMasker(secretValues);
    return ok(masker.isEmpty ? directLog(file, maxBytes) : maskedLog(file, maxBytes, masker));
  } catch (error) {
    return fail(ioFailure('create the log', path, error));
  }
}

interface LogFile {
  readonly path: string;
  readonly descriptor: number;
  readonly inode: number;
}

/**
 * O_APPEND: stdout and stderr share the file, and a daemon may go on writing after the cut. The log is emptied,
 * cut and removed by us, so it must be a plain file at that very path: no link to somewhere (O_NOFOLLOW), no
 * device or FIFO (O_NONBLOCK keeps from waiting for a FIFO's reader; to a file it means nothing).
 */
function createFile(path: string): LogFile {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
  let descriptor: number;
  try {
    descriptor = openSync(path, flags, 0o666);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeFolder(dirname(path));
    descriptor = openSync(path, flags, 0o666);
  }
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) {
    closeSync(descriptor);
    throw Object.assign(new Error('not a plain file'), { code: 'EINVAL' });
  }
  if (stat.size > 0) ftruncateSync(descriptor);
  return { path, descriptor, inode: stat.ino };
}

function directLog(file: LogFile, maxBytes: number): AttemptLog {
  return {
    stdio: file.descriptor,
    attach: () => closeSync(file.descriptor),
    finish: async () => endFile(file, maxBytes),
  };
}

function maskedLog(file: LogFile, maxBytes: number, masker: Masker): AttemptLog {
  const writer = cappedWriter(file.descriptor, maxBytes);
  const streams: Readable[] = [];
  const closed: Promise<void>[] = [];
  const flushes: (() => void)[] = [];
  let failure: Failure | null = null;

  /** After a failed write the rest is read and dropped: a full disk must not block the command as well. */
  function write(act: () => void): void {
    if (failure !== null) return;
    try {
      act();
    } catch (error) {
      failure = ioFailure('write the log', file.path, error);
    }
  }

  function take(stream: Readable): void {
    const chunks = masker.chunks();
    streams.push(stream);
    // Written synchronously: the pipe is read no faster than the disk takes it, so that memory stays flat.
    stream.on('data', (chunk: Buffer) => write(() => writer.write(chunks.write(chunk))));
    stream.on('error', () => stream.destroy());
    closed.push(new Promise((resolve) => stream.once('close', resolve)));
    flushes.push(() => writer.write(chunks.end()));
  }

  return {
    stdio: 'pipe',
    attach(child) {
      if (child?.stdout) take(child.stdout);
      if (child?.stderr) take(child.stderr);
    },
    async finish() {
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, DRAIN_MS);
      });
      await Promise.race([Promise.all(closed), deadline]);
      clearTimeout(timer);
      for (const stream of streams) stream.destroy();
      for (const flush of flushes) write(flush);
      write(() => writer.end());
      closeSync(file.descriptor);
      // The writer has kept the limit (plus the one line); cutting again would cut that line.
      const end = endFile(file, Number.POSITIVE_INFINITY);
      return { sizeBytes: end.sizeBytes, failure: failure ?? end.failure };
    },
  };
}

function endFile({ path, inode }: LogFile, maxBytes: number): LogEnd {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    // The task may have removed it, or put something else there, which isn't ours to touch.
    if (stat === undefined || stat.ino !== inode || !stat.isFile()) return { sizeBytes: 0, failure: null };
    if (stat.size === 0) unlinkSync(path);
    if (stat.size <= maxBytes) return { sizeBytes: stat.size, failure: null };
    cutLog(path, maxBytes);
    return { sizeBytes: lstatSync(path).size, failure: null };
  } catch (error) {
    return { sizeBytes: 0, failure: ioFailure('finish the log', path, error) };
  }
}

function ioFailure(doing: string, path: string, error: unknown): Failure {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return { kind: 'io', doing, path, code };
}
