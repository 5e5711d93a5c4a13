/** Adds a result to its key's entry, so that whatever other processes do at the same time, the first stays first. */
import { closeSync, linkSync, renameSync, writeFileSync } from 'node:fs';
import { type IoError, removeFile } from '../base/atomic-file.ts';
import { type Outcome, ok } from '../base/outcome.ts';
import type { Result } from '../model/result.ts';
import { noteUse } from './blobs.ts';
import { resultFolder } from './layout.ts';
import { formatResults, readResults, withResult } from './result-entry.ts';
import { failed, openTemp, type Workspace, withFolder } from './workspace.ts';

/**
 * Two that find no entry can't both write the first one: a link is made only where there is nothing. Two that add
 * to an entry at the same time may lose one of the additions, which costs a later run and nothing else.
 */
export function placeResult(workspace: Workspace, result: Result): Outcome<void, IoError> {
  const folder = resultFolder(workspace.layout, result.key);
  const file = `${folder}/${result.key}`;
  try {
    const present = readResults(file, result.key);
    const results = withResult(present, result);
    if (results === null) {
      noteUse(file);
      return ok(undefined);
    }
    const temp = writeTemp(workspace, formatResults(results));
    try {
      if (present.length > 0) renameSync(temp, file);
      else if (!withFolder(workspace, folder, () => linkIfAbsent(temp, file)))
        replaceDamaged(workspace, file, result);
    } finally {
      removeFile(temp);
    }
    return ok(undefined);
  } catch (error) {
    return failed(error, 'write', file);
  }
}

/** Nothing valid was there, and yet something is: another process has just written it, or it is damaged. */
function replaceDamaged(workspace: Workspace, file: string, result: Result): void {
  const results = withResult(readResults(file, result.key), result);
  if (results !== null) renameSync(writeTemp(workspace, formatResults(results)), file);
}

function writeTemp(workspace: Workspace, text: string): string {
  const temp = openTemp(workspace, 0o666);
  try {
    writeFileSync(temp.file, text);
  } catch (error) {
    removeFile(temp.path);
    throw error;
  } finally {
    closeSync(temp.file);
  }
  return temp.path;
}

/** False where the name is taken. Throws the system's error. */
function linkIfAbsent(temp: string, file: string): boolean {
  try {
    linkSync(temp, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') throw error;
    // A file system without links: the last of two that come together wins there.
    renameSync(temp, file);
    return true;
  }
}
