/**
 * Reading and copying contents while checking them: the bytes that were hashed are the bytes that were written.
 * Small contents go through one buffer synchronously (a promise costs more than the copy); larger ones in pieces
 * through the thread pool, so that signals and other tasks are served meanwhile. Knows nothing of where a store
 * keeps things.
 */
import {
  closeSync,
  constants,
  copyFile,
  fdatasync,
  openSync,
  read,
  readSync,
  write,
  writeSync,
} from 'node:fs';
import type { Hasher } from '../base/digest.ts';

/** Up to here a content is read whole and synchronously: 128 KiB take some 40 us. */
export const SMALL_BYTES = 128 * 1024;
/** 1 GiB in pieces of 1 MiB: within 5 % of the best size; larger ones fall out of the processor's cache. */
const PIECE_BYTES = 1024 * 1024;

/** Without waiting for a writer, should a FIFO have taken a file's place: it then reads as empty. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** Room for one small content and one byte more, which tells that a file is longer than it should be. */
export function smallBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(SMALL_BYTES + 1);
}

/**
 * Reads at most `sizeBytes + 1` bytes of a file into `buffer` and returns them as a view of it, valid until its
 * next use. A longer file gives one byte too many, a shorter one too few: never a right digest. Throws the
 * system's error.
 */
export function readSmall(path: string, sizeBytes: number, buffer: Buffer): Buffer {
  const file = openSync(path, READ);
  try {
    let length = 0;
    // The size itself tells the end: the read that would say so costs a tenth of a small restore.
    do {
      const count = readSync(file, buffer, length, sizeBytes + 1 - length, null);
      if (count === 0) break;
      length += count;
    } while (length < sizeBytes);
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Writes all of it; the kernel may take a part at a time. Throws the system's error. */
export function writeAll(file: number, bytes: Buffer): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(file, bytes, offset);
}

/**
 * The digest of a file's content, read in pieces; with `to`, the same bytes are written to that open file.
 * Reading a piece, hashing one and writing one go on at the same time. Rejects with the system's error.
 */
export async function digestInPieces(path: string, to: number | null, hasher: Hasher): Promise<string> {
  const stream = hasher.stream();
  const buffers = [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)] as const;
  const from = openSync(path, READ);
  try {
    let length = await readPiece(from, buffers[0]);
    for (let turn = 0; length > 0; turn ^= 1) {
      const piece = buffers[turn as 0 | 1].subarray(0, length);
      const steps = [
        readPiece(from, buffers[(turn ^ 1) as 0 | 1]),
        to === null ? 0 : writePiece(to, piece),
      ] as const;
      stream.update(piece);
      // Both must have ended, even where one failed, before the file's number may be given to another.
      const [next, written] = await Promise.allSettled(steps);
      if (written.status === 'rejected') throw written.reason;
      if (next.status === 'rejected') throw next.reason;
      length = next.value;
    }
    return stream.digest();
  } finally {
    closeSync(from);
  }
}

function readPiece(file: number, buffer: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    read(file, buffer, 0, buffer.length, null, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

/** Resolves with the number of bytes, all of them. */
function writePiece(file: number, piece: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const step = (offset: number): void => {
      write(file, piece, offset, piece.length - offset, null, (error, count) => {
        if (error) reject(error);
        else if (offset + count < piece.length) step(offset + count);
        else resolve(piece.length);
      });
    };
    step(0);
  });
}

/** Makes the data of an open file survive a power cut, off the main thread. Rejects with the system's error. */
export function syncData(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
  });
}

/**
 * Makes `to` (absent so far) share the blocks of `from`, where the file system can (btrfs, xfs, apfs): no byte is
 * copied, and later changes to either don't show in the other. False where it can't; `to` is absent again then.
 */
export function clone(from: string, to: string): Promise<boolean> {
  return new Promise((resolve) => {
    copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE, (error) =>
      resolve(error === null),
    );
  });
}
