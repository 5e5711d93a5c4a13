/**
 * Contents by digest: putting them into the store and taking damaged ones out. A content gets its name only when
 * it is whole, checked and synced, so every name leads to bytes that were right once; whether they still are is
 * checked at each use. Doesn't know results.
 */
import { chmodSync, closeSync, lstatSync, openSync, readFile, readFileSync, statSync } from 'node:fs';
import { type IoError, ioError, removeFile, tempName } from '../base/atomic-file.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import { clone, digestInPieces, readSmall, SMALL_BYTES, syncData, writeAll } from './copy-content.ts';
import { blobFolder, validDigestSize } from './layout.ts';
import { type ContentProblem, setAside, type WhySetAside } from './quarantine.ts';
import {
  failed,
  makeFolder,
  nameTemp,
  noteUse,
  openTemp,
  type TempFile,
  type Workspace,
} from './workspace.ts';

/** A content on its way into the store. */
interface Intake {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Where the content lies now. */
  readonly source: string;
  readonly folder: string;
  readonly target: string;
}

/** A content that is ready to get its name; `temp` is null where a whole one has that name already. */
export interface StagedBlob {
  readonly intake: Intake;
  readonly temp: string | null;
}

export type StageFailure = IoError | { readonly kind: 'changed' };

const READ_ONLY = 0o444;

/** Where the content of a digest lies; it must be one (`validDigestSize`). */
export function blobPath(workspace: Workspace, digest: string): string {
  return `${blobFolder(workspace.layout, digest)}/${digest}`;
}

/** Whether there is a file of the right size for this digest. */
export function hasBlob(workspace: Workspace, digest: string): boolean {
  const sizeBytes = validDigestSize(digest);
  return sizeBytes !== null && isFileOfSize(blobPath(workspace, digest), sizeBytes);
}

/** The bytes of a content, if they are right; read at once. */
export function readBlob(workspace: Workspace, digest: string): Uint8Array | null {
  if (!hasBlob(workspace, digest)) return null;
  try {
    const bytes = readFileSync(blobPath(workspace, digest));
    return workspace.hasher.digestBytes(bytes) === digest ? bytes : null;
  } catch {
    return null;
  }
}

/**
 * Copies a file into the store under a temporary name and syncs it. Small contents are read before the first
 * `await`. A content that is there already is believed only after reading it, which costs less than writing it
 * again, and makes that storing a damaged one heals it.
 */
export function stageBlob(
  workspace: Workspace,
  digest: string,
  sizeBytes: number,
  source: string,
): Promise<Outcome<StagedBlob, StageFailure>> {
  const folder = blobFolder(workspace.layout, digest);
  const intake = { digest, sizeBytes, source, folder, target: `${folder}/${digest}` };
  return sizeBytes <= SMALL_BYTES
    ? workspace.small.run(() => stageSmall(workspace, intake))
    : workspace.large.run(() => stageLarge(workspace, intake));
}

async function stageSmall(workspace: Workspace, intake: Intake): Promise<Outcome<StagedBlob, StageFailure>> {
  const { hasher, buffers } = workspace;
  let bytes: Buffer;
  try {
    bytes = readSmall(intake.source, intake.sizeBytes, buffers[0]);
  } catch (error) {
    return unreadable(error, intake.source);
  }
  if (hasher.digestBytes(bytes) !== intake.digest) return fail({ kind: 'changed' });
  if (holdsBytes(intake, bytes, buffers[1])) return ok(alreadyThere(intake));
  let temp: TempFile;
  try {
    temp = openTemp(workspace, READ_ONLY);
  } catch (error) {
    return failed(error, 'write', intake.target);
  }
  return fill(intake, temp, (file) => {
    writeAll(file, bytes);
    return intake.digest;
  });
}

async function stageLarge(workspace: Workspace, intake: Intake): Promise<Outcome<StagedBlob, StageFailure>> {
  const { hasher } = workspace;
  if (!isFileOfSize(intake.source, intake.sizeBytes)) return fail({ kind: 'changed' });
  if (await holdsDigest(workspace, intake)) return ok(alreadyThere(intake));
  let cloned: TempFile | null;
  let temp: TempFile;
  try {
    cloned = await openClone(workspace, intake.source);
    temp = cloned ?? openTemp(workspace, READ_ONLY);
  } catch (error) {
    return failed(error, 'write', intake.target);
  }
  return fill(intake, temp, (file) =>
    cloned === null ? digestInPieces(intake.source, file, hasher) : digestInPieces(temp.path, null, hasher),
  );
}

/** Lets `copy` fill the file and say what it wrote; syncs and closes it. Leaves nothing where that went wrong. */
async function fill(
  intake: Intake,
  temp: TempFile,
  copy: (file: number) => string | Promise<string>,
): Promise<Outcome<StagedBlob, StageFailure>> {
  try {
    try {
      if ((await copy(temp.file)) !== intake.digest) {
        removeFile(temp.path);
        return fail({ kind: 'changed' });
      }
      await syncData(temp.file);
    } finally {
      closeSync(temp.file);
    }
  } catch (error) {
    removeFile(temp.path);
    const { syscall } = error as NodeJS.ErrnoException;
    return syscall === 'read' ? unreadable(error, intake.source) : failed(error, 'write', intake.target);
  }
  return ok({ intake, temp: temp.path });
}

/** A clone of the file as a read-only temporary file, null where the file systems can't. Throws the system's error. */
async function openClone(workspace: Workspace, source: string): Promise<TempFile | null> {
  const { cloning, layout } = workspace;
  if (!cloning.in) return null;
  makeFolder(workspace, layout.tmp);
  const path = `${layout.tmp}/${tempName()}`;
  cloning.in = await clone(source, path);
  if (!cloning.in) return null;
  // The clone has the mode of its source.
  chmodSync(path, statSync(path).mode & READ_ONLY);
  return { path, file: openSync(path, 'r') };
}

/** Gives a staged content its name; on failure the temporary file is gone. */
export function placeBlob(workspace: Workspace, { temp, intake }: StagedBlob): Outcome<void, IoError> {
  // Also where it was there already: another save may have named it and not yet synced the folder.
  workspace.unsynced.add(intake.folder);
  if (temp === null) return ok(undefined);
  try {
    nameTemp(workspace, temp, intake.target);
    return ok(undefined);
  } catch (error) {
    removeFile(temp);
    return failed(error, 'write', intake.target);
  }
}

export function discardBlob({ temp }: StagedBlob): void {
  if (temp !== null) removeFile(temp);
}

/** What is wrong with a content that lies there, `whole`, or `gone`. */
export type ContentState =
  | { readonly is: 'whole' | 'gone' }
  | {
      readonly is: 'damaged';
      readonly problem: ContentProblem;
      /** The digest of what lies there; null where it wasn't read, or can't be. */
      readonly found: string | null;
      readonly ino: number;
    }
  /** It may be right: somebody else may read it. */
  | { readonly is: 'refused'; readonly error: IoError };

/** Reads a content whole, in pieces, unless its size already tells that it is damaged. */
export async function checkContent(workspace: Workspace, digest: string): Promise<ContentState> {
  const path = blobPath(workspace, digest);
  try {
    const stat = lstatSync(path);
    // What isn't a file isn't of this store, and set aside when the content is stored.
    if (!stat.isFile()) return { is: 'gone' };
    const { ino, size } = stat;
    if (size !== validDigestSize(digest)) return { is: 'damaged', problem: 'wrong-size', found: null, ino };
    try {
      const found = await (size <= SMALL_BYTES
        ? digestOfSmall(workspace, path)
        : digestInPieces(path, null, workspace.hasher));
      return found === digest ? { is: 'whole' } : { is: 'damaged', problem: 'wrong-bytes', found, ino };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
      return { is: 'damaged', problem: 'unreadable', found: null, ino };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { is: 'gone' };
    return { is: 'refused', error: ioError(error, 'read', path) };
  }
}

/** Through the thread pool, so that several are read at once. */
function digestOfSmall({ hasher }: Workspace, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    readFile(path, (error, bytes) => (error === null ? resolve(hasher.digestBytes(bytes)) : reject(error)));
  });
}

/**
 * Sets a content aside if it isn't what its name says, so that it is a miss from now on and can be looked at.
 * Reads it once more: it may have been healed since it was seen damaged. `damaged`: it is out of the way now.
 */
export async function setAsideIfDamaged(
  workspace: Workspace,
  digest: string,
  why: Omit<WhySetAside, 'problem' | 'found'>,
): Promise<Outcome<ContentState['is'], IoError>> {
  const state = await checkContent(workspace, digest);
  if (state.is === 'refused') return fail(state.error);
  if (state.is !== 'damaged') return ok(state.is);
  const path = blobPath(workspace, digest);
  try {
    if (lstatSync(path).ino !== state.ino) return ok('whole');
    setAside(workspace, path, digest, { ...why, problem: state.problem, found: state.found });
    return ok('damaged');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ok('gone');
    return failed(error, 'set aside', path);
  }
}

/** As `setAsideIfDamaged`, for a restore: says whether it did; in a store that can't be written it doesn't. */
export async function quarantineIfDamaged(
  workspace: Workspace,
  digest: string,
  wantedFor: string,
): Promise<boolean> {
  if (validDigestSize(digest) === null) return false;
  const done = await setAsideIfDamaged(workspace, digest, { foundBy: 'restore', wantedFor });
  return done.ok && done.value === 'damaged';
}

function alreadyThere(intake: Intake): StagedBlob {
  // A trim must not take for unused what is about to be used again.
  noteUse(intake.target);
  return { intake, temp: null };
}

function holdsBytes({ target, sizeBytes }: Intake, bytes: Buffer, buffer: Buffer): boolean {
  if (!isFileOfSize(target, sizeBytes)) return false;
  try {
    return readSmall(target, sizeBytes, buffer).equals(bytes);
  } catch {
    return false;
  }
}

async function holdsDigest({ hasher }: Workspace, { target, sizeBytes, digest }: Intake): Promise<boolean> {
  if (!isFileOfSize(target, sizeBytes)) return false;
  try {
    return (await digestInPieces(target, null, hasher)) === digest;
  } catch {
    return false;
  }
}

function isFileOfSize(path: string, sizeBytes: number): boolean {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && stat.size === sizeBytes && stat.isFile();
  } catch {
    return false;
  }
}

/** A file that is gone changed as well. */
function unreadable(error: unknown, path: string): Outcome<never, StageFailure> {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? fail({ kind: 'changed' })
    : failed(error, 'read', path);
}
