/**
 * Where damaged files of the store go: out of the way, so that they are a miss from then on, and kept, so that
 * somebody can find out what happened to them. Beside each lies a line that says why. Decides nothing: others have
 * found the damage.
 *
 *     v1/quarantine/<digest>       a content, the last damaged one of this digest
 *     v1/quarantine/<key>          the entry of a key's results
 *     v1/quarantine/….why          {"foundAt":…,"foundBy":…,"problem":…,…}
 */
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { removeFile } from '../base/atomic-file.ts';
import { type Workspace, withFolder } from './workspace.ts';

export const NOTE_SUFFIX = '.why';

export interface WhySetAside {
  readonly foundBy: 'restore' | 'verify';
  readonly problem: ContentProblem | ResultProblem;
  /** The digest of what lies there instead; null where it could not be read. */
  readonly found?: string | null;
  /** The output for which it was wanted, relative to a project's root. */
  readonly wantedFor?: string;
  /** Names that a result gives to contents that are nowhere. */
  readonly missing?: readonly string[];
}

export type ContentProblem = 'wrong-bytes' | 'wrong-size' | 'unreadable';
export type ResultProblem = 'damaged-entry' | 'missing-content';

/** Moves a file of the store aside under this name, over an earlier one. Throws the system's error. */
export function setAside(workspace: Workspace, path: string, name: string, why: WhySetAside): void {
  const { quarantine } = workspace.layout;
  const aside = `${quarantine}/${name}`;
  withFolder(workspace, quarantine, () => renameSync(path, aside));
  try {
    writeFileSync(
      `${aside}${NOTE_SUFFIX}`,
      `${JSON.stringify({ foundAt: new Date().toISOString(), ...why })}\n`,
    );
  } catch {
    // A full disk: the file itself is what matters.
    removeFile(`${aside}${NOTE_SUFFIX}`);
  }
}

/** Whether a content of this digest was found damaged, and wasn't evicted since. One system call. */
export function isSetAside(workspace: Workspace, digest: string): boolean {
  return statSync(`${workspace.layout.quarantine}/${digest}`, { throwIfNoEntry: false })?.isFile() === true;
}
