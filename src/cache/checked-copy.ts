/** Copies contents out of the store, and only right ones: what was written is what was hashed. */
import { chmodSync, closeSync, fstatSync, openSync } from 'node:fs';
import { removeFile } from '../base/atomic-file.ts';
import { clone, digestInPieces, readSmall, SMALL_BYTES, writeAll } from './copy-content.ts';
import type { Workspace } from './workspace.ts';

export interface CopyRequest {
  readonly from: string;
  /** Absent so far; left absent where the copy fails. */
  readonly to: string;
  readonly digest: string;
  readonly sizeBytes: number;
  /** Before umask. */
  readonly mode: number;
}

/**
 * Says whether `to` now holds the content: not so where `from` is absent, unreadable or has another digest.
 * Throws the system's error where `to` can't be written.
 */
export async function copyChecked(workspace: Workspace, request: CopyRequest): Promise<boolean> {
  if (request.sizeBytes > SMALL_BYTES) return workspace.large.run(() => copyLarge(workspace, request));
  const { hasher, buffers } = workspace;
  let bytes: Buffer;
  try {
    bytes = readSmall(request.from, request.sizeBytes, buffers[0]);
  } catch {
    return false;
  }
  if (hasher.digestBytes(bytes) !== request.digest) return false;
  const file = openSync(request.to, 'wx', request.mode);
  try {
    writeAll(file, bytes);
    return true;
  } catch (error) {
    removeFile(request.to);
    throw error;
  } finally {
    closeSync(file);
  }
}

async function copyLarge(workspace: Workspace, { from, to, digest, mode }: CopyRequest): Promise<boolean> {
  const { hasher, cloning } = workspace;
  try {
    if (cloning.out) {
      cloning.out = await cloneAs(from, to, mode);
      if (cloning.out) return keepIf((await digestInPieces(to, null, hasher)) === digest, to);
    }
    const file = openSync(to, 'wx', mode);
    try {
      return keepIf((await digestInPieces(from, file, hasher)) === digest, to);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    removeFile(to);
    const { syscall, path } = error as NodeJS.ErrnoException;
    if (syscall === 'read' || (syscall === 'open' && path === from)) return false;
    throw error;
  }
}

function keepIf(isRight: boolean, path: string): boolean {
  if (!isRight) removeFile(path);
  return isRight;
}

/** A clone has its source's mode. Which mode the umask leaves, only making a file tells. */
async function cloneAs(from: string, to: string, mode: number): Promise<boolean> {
  const probe = openSync(to, 'wx', mode);
  const allowed = fstatSync(probe).mode & 0o777;
  closeSync(probe);
  removeFile(to);
  if (!(await clone(from, to))) return false;
  chmodSync(to, allowed);
  return true;
}
