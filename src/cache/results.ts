/**
 * Adds a result to its key's entry, so that whatever other processes do at the same time, the first stays first,
 * and one that is to be the first becomes it.
 */
import { linkSync } from 'node:fs';
import { type IoError, removeFile } from '../base/atomic-file.ts';
import { type Outcome, ok } from '../base/outcome.ts';
import type { Result } from '../model/result.ts';
import { resultFolder } from './layout.ts';
import { formatResults, readResults, withResult } from './result-entry.ts';
import { failed, nameTemp, noteUse, type Workspace, withFolder, writeTemp } from './workspace.ts';

/** Others that add at the same moment may undo it so often before it's left to them. */
const TRIES_AT_FRONT = 4;

/**
 * The bytes that it wrote. Two that find no entry can't both write the first one: a link is made only where there
 * is nothing. Two that add to an entry at the same time may lose one of the additions, which costs a later run and
 * nothing else; one that is to be the first looks whether it is, and does it again where it isn't.
 */
export function placeResult(
  workspace: Workspace,
  result: Result,
  atFront: boolean,
): Outcome<number, IoError> {
  const file = resultFile(workspace, result);
  try {
    let writtenBytes = 0;
    for (let tries = 1; tries <= (atFront ? TRIES_AT_FRONT : 1); tries += 1) {
      const bytes = add(workspace, file, result, atFront);
      if (bytes === 0) break;
      writtenBytes = bytes;
    }
    return ok(writtenBytes);
  } catch (error) {
    return failed(error, 'write', file);
  }
}

export function resultFile({ layout }: Workspace, { key }: Pick<Result, 'key'>): string {
  return `${resultFolder(layout, key)}/${key}`;
}

/** 0: it was there already. */
function add(workspace: Workspace, file: string, result: Result, atFront: boolean): number {
  const present = readResults(file, result.key);
  const results = withResult(present, result, atFront);
  if (results === null && noteUse(file)) return 0;
  // Trimmed away since it was read: it comes back.
  const text = formatResults(results ?? present);
  const temp = writeTemp(workspace, text);
  try {
    if (present.length > 0) nameTemp(workspace, temp, file);
    else if (!linkIfAbsent(workspace, temp, file)) replaceDamaged(workspace, file, result, atFront);
  } finally {
    removeFile(temp);
  }
  return text.length;
}

/** Nothing valid was there, and yet something is: another process has just written it, or it is damaged. */
function replaceDamaged(workspace: Workspace, file: string, result: Result, atFront: boolean): void {
  const results = withResult(readResults(file, result.key), result, atFront);
  if (results === null) return;
  const temp = writeTemp(workspace, formatResults(results));
  try {
    nameTemp(workspace, temp, file);
  } finally {
    removeFile(temp);
  }
}

/** False where the name is taken. Throws the system's error. */
function linkIfAbsent(workspace: Workspace, temp: string, file: string): boolean {
  return withFolder(workspace, file.slice(0, file.lastIndexOf('/')), () => {
    try {
      linkSync(temp, file);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (code === 'ENOENT') throw error;
      // A file system without links: the last of two that come together wins there. Or something is in the way.
      nameTemp(workspace, temp, file);
      return true;
    }
  });
}
