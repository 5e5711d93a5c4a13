/** What lies under a folder, byte for byte, with executable bits: for saying that two trees are the same. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export type Tree = Readonly<Record<string, string>>;

/** Path -> `x:` where executable, and the content (latin1, so that no byte is lost); links and folders by what they are. */
export function treeOf(dir: string, skip: readonly string[] = []): Tree {
  const tree: Record<string, string> = {};
  const visit = (path: string): void => {
    const full = join(dir, path);
    const stat = lstatSync(full);
    if (stat.isSymbolicLink()) tree[path] = `-> ${readlinkSync(full)}`;
    else if (stat.isDirectory()) {
      if (path !== '') tree[`${path}/`] = '';
      for (const name of readdirSync(full).sort()) {
        const child = path === '' ? name : `${path}/${name}`;
        if (!skip.includes(child)) visit(child);
      }
    } else tree[path] = (stat.mode & 0o100 ? 'x:' : '') + readFileSync(full, 'latin1');
  };
  if (existsSync(dir)) visit('');
  return tree;
}
