/**
 * A root's own hand in its registration (see roots.ts): adds what it uses at once, writes the list anew when asked.
 * The caller sees to it that one process at a time does so for a root.
 */
import { closeSync, openSync, readFileSync, statSync, utimesSync, writeSync } from 'node:fs';
import { type IoError, removeFile } from '../base/atomic-file.ts';
import { type Outcome, ok } from '../base/outcome.ts';
import type { TaskKey } from '../model/ids.ts';
import { resultFile } from './results.ts';
import {
  formatRegistration,
  isOf,
  type Registration,
  type RootIdentity,
  readRegistration,
  registrationPath,
} from './roots.ts';
import { failed, nameTemp, noteUse, type Workspace, writeTemp } from './workspace.ts';

export interface Register {
  /** Keeps the key's results from now on. Where that can't be written, the end of the run will say so. */
  add(key: TaskKey): void;
  /** Are exactly these kept? Then it's noted once a day that the root is alive. */
  isCurrent(keys: ReadonlySet<TaskKey>): boolean;
  /** Makes these the keys that are kept; says whether they weren't. The new list survives a power cut. */
  replace(keys: ReadonlySet<TaskKey>): Promise<Outcome<boolean, IoError>>;
}

/** A list that stays as it is says once a day that its root is alive. */
const RENEWED_EVERY_MS = 24 * 60 * 60_000;

export function createRegister(workspace: Workspace, identity: RootIdentity): Register {
  const path = registrationPath(workspace.layout, identity.id);
  let registered: Set<TaskKey> | null = null;
  /** Since the list was written last. */
  let added = new Set<TaskKey>();
  let appending: number | null = null;

  /** Opens it for appending, whole and with the right first line. Throws the system's error. */
  function open(): number {
    const present = readRegistration(workspace.layout, identity.id);
    registered = new Set(present?.keys);
    if (present === null || !present.endsWell || !isOf(present, identity)) write(registered, false);
    return openSync(path, 'a');
  }

  function write(keys: Iterable<TaskKey>, isSynced: boolean): void {
    const temp = writeTemp(workspace, formatRegistration(identity, keys), isSynced);
    try {
      nameTemp(workspace, temp, path);
    } finally {
      removeFile(temp);
    }
  }

  function close(): void {
    if (appending !== null) closeSync(appending);
    appending = null;
  }

  function isCurrent(keys: ReadonlySet<TaskKey>, present: Registration | null): boolean {
    if (present === null) return keys.size === 0;
    if (!present.endsWell || !isOf(present, identity) || !isSame(present.keys, keys)) return false;
    if (Date.now() - present.writtenAtMs > RENEWED_EVERY_MS) renew(path);
    return true;
  }

  /** The list of 10,000 keys is as it was written, in their order: that is told in 1 ms instead of 5. */
  function isAsWritten(keys: ReadonlySet<TaskKey>): boolean {
    try {
      if (readFileSync(path, 'utf8') !== formatRegistration(identity, keys)) return false;
      return Date.now() - statSync(path).mtimeMs < RENEWED_EVERY_MS;
    } catch {
      return false;
    }
  }

  return {
    isCurrent: (keys) =>
      isAsWritten(keys) || isCurrent(keys, readRegistration(workspace.layout, identity.id)),
    add(key) {
      if (added.has(key)) return;
      added.add(key);
      try {
        appending ??= open();
        if (!registered!.has(key)) writeSync(appending, `${key}\n`);
      } catch {
        // A full disk or a read-only store: `replace` says so.
      }
    },
    async replace(keys) {
      close();
      const present = readRegistration(workspace.layout, identity.id);
      const noted = added;
      added = new Set();
      if (isCurrent(keys, present)) return ok(false);
      try {
        write(keys, true);
      } catch (error) {
        return failed(error, 'write', path);
      }
      // Until now they were in use, and from now on they are: a trim goes by that. After they are registered, so that
      // it finds either that or the note to be new.
      for (const key of keys) if (!noted.has(key) && present?.keys.has(key) !== true) note(key);
      for (const key of present?.keys ?? []) if (!noted.has(key) && !keys.has(key)) note(key);
      workspace.unsynced.add(workspace.layout.roots);
      const synced = await workspace.syncFolders();
      return synced.ok ? ok(true) : synced;
    },
  };

  function note(key: TaskKey): void {
    noteUse(resultFile(workspace, { key }));
  }
}

function isSame(a: ReadonlySet<TaskKey>, b: ReadonlySet<TaskKey>): boolean {
  if (a.size !== b.size) return false;
  for (const key of b) if (!a.has(key)) return false;
  return true;
}

function renew(path: string): void {
  try {
    const now = Date.now() / 1000;
    utimesSync(path, now, now);
  } catch {
    // Others can't drop it either then.
  }
}
