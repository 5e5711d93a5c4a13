/**
 * Who a root is for caches that it shares with others: a random id in `.cache/root-id`, made when it's asked for the
 * first time. `--clean` removes it, and what is registered under it somewhere is of nobody then.
 */
import { linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type IoError, ioError, removeFile, tempName, writeFileAtomic } from '../base/atomic-file.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { Layout } from './layout.ts';

const PATTERN = /^[0-9a-f]{32}$/;

export function rootIdPath(layout: Layout): string {
  return join(layout.dir, 'root-id');
}

/** null where the root has none. */
export function readRootId(layout: Layout): string | null {
  try {
    const id = readFileSync(rootIdPath(layout), 'utf8').trim();
    return PATTERN.test(id) ? id : null;
  } catch {
    return null;
  }
}

/** The root's id, made where there is none. Two that make one at the same time get the same. */
export async function makeRootId(layout: Layout): Promise<Outcome<string, IoError>> {
  const present = readRootId(layout);
  if (present !== null) return ok(present);
  const path = rootIdPath(layout);
  const temp = join(layout.tmp, tempName());
  const { randomBytes } = await import('node:crypto');
  const id = randomBytes(16).toString('hex');
  const written = writeFileAtomic(temp, `${id}\n`, { sync: true });
  if (!written.ok) return written;
  try {
    linkSync(temp, path);
    return ok(id);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      const other = readRootId(layout);
      if (other !== null) return ok(other);
    }
    // Damaged, or a file system without links.
    const replaced = writeFileAtomic(path, `${id}\n`, { sync: true });
    return replaced.ok ? ok(id) : fail(ioError(error, 'write', path));
  } finally {
    removeFile(temp);
  }
}

/** The root is nobody any more: it was cleaned, or it is a copy of another that keeps the id. */
export function forgetRootId(layout: Layout): void {
  rmSync(rootIdPath(layout), { force: true });
}
