/**
 * A random value of this root, by which the keyed hash of a secret can't be looked up in a table, nor compared with
 * that of another root. It lives beside the records that it explains, readable by its owner alone: whoever removes
 * it only makes tasks with secrets run once more.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createFileAtomic } from '../base/atomic-file.ts';
import { makeFolder } from '../base/make-folder.ts';
import type { Layout } from './layout.ts';

const BYTES = 32;
const SALT = /^[0-9a-f]{64}$/;

/**
 * The root's salt; where there is none (or a damaged one) it is made if `mayWrite`. Else, and where it can't be
 * written, a new one that holds for this process: then nothing can be recorded that it would have to match.
 */
export function rootSalt({ state }: Pick<Layout, 'state'>, mayWrite: boolean): string {
  const path = join(state, 'salt');
  const found = read(path, mayWrite);
  if (found !== null) return found;
  const fresh = randomBytes(BYTES).toString('hex');
  if (!mayWrite) return fresh;
  // Under its name only when it's whole, and never instead of one that another process made meanwhile.
  try {
    makeFolder(state);
    // Never instead of one that another process made meanwhile.
    if (createFileAtomic(path, fresh, 0o600)) return fresh;
    const others = read(path, true);
    if (others !== null) return others;
    rmSync(path);
    return createFileAtomic(path, fresh, 0o600) ? fresh : (read(path, true) ?? fresh);
  } catch {
    return read(path, false) ?? fresh;
  }
}

function read(path: string, mayMend: boolean): string | null {
  try {
    const text = readFileSync(path, 'utf8');
    if (!SALT.test(text)) return null;
    // A copied or restored folder may have lost it.
    if (mayMend && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    return text;
  } catch {
    return null;
  }
}
