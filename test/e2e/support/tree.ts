/** Looks at what lies on the disk, whole, so that a test can say that nothing was changed or lost. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every entry under `dir` by its path within it: a file by its content (read as latin1, so that no byte is
 * lost), a link as `-> text`, an empty folder as `(folder)`. Empty where `dir` isn't there.
 */
export function entriesUnder(dir: string, skip: readonly string[] = []): Record<string, string> {
  const entries: Record<string, string> = {};
  const visit = (path: string) => {
    const full = join(dir, path);
    const stat = lstatSync(full);
    if (stat.isSymbolicLink()) entries[path] = `-> ${readlinkSync(full)}`;
    else if (stat.isFile()) entries[path] = readFileSync(full, 'latin1');
    else if (!stat.isDirectory()) entries[path] = '(special)';
    else {
      const names = readdirSync(full).sort();
      if (names.length === 0 && path !== '') entries[path] = '(folder)';
      for (const name of names) {
        const child = path === '' ? name : `${path}/${name}`;
        if (!skip.includes(child)) visit(child);
      }
    }
  };
  if (existsSync(dir)) visit('');
  return entries;
}

/** The largest file under `dir` by size, as an absolute path; null where there is none. */
export function largestFile(dir: string): string | null {
  let largest: string | null = null;
  let size = -1;
  for (const [path, content] of Object.entries(entriesUnder(dir))) {
    if (content.length <= size) continue;
    size = content.length;
    largest = join(dir, path);
  }
  return largest;
}
