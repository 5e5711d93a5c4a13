/** Trees on disk for the store's tests: made from a description, described again, and taken as a result's outputs. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { loadHasher } from '../../src/base/digest.ts';
import { comparePaths } from '../../src/base/path.ts';
import type { Digest, TaskKey } from '../../src/model/ids.ts';
import type { OutputEntry, Result } from '../../src/model/result.ts';

export const hasher = await loadHasher();

export type Node =
  | { readonly file: string | Uint8Array; readonly executable?: boolean }
  | { readonly link: string }
  | 'folder';

export type Tree = Readonly<Record<string, Node>>;

export function writeTree(root: string, tree: Tree): void {
  for (const [path, node] of Object.entries(tree)) {
    const target = join(root, path);
    mkdirSync(node === 'folder' ? target : dirname(target), { recursive: true });
    if (node === 'folder') continue;
    if ('link' in node) symlinkSync(node.link, target);
    else {
      writeFileSync(target, node.file);
      chmodSync(target, node.executable === true ? 0o755 : 0o644);
    }
  }
}

/** Everything below `root` but `.cache`: content, mode, link text. */
export function readTree(root: string, below = ''): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    if (path === '.cache') continue;
    const stat = lstatSync(join(root, path));
    if (stat.isSymbolicLink()) tree[path] = `link ${readlinkSync(join(root, path))}`;
    else if (stat.isDirectory()) Object.assign(tree, { [path]: 'folder' }, readTree(root, path));
    else
      tree[path] = `${(stat.mode & 0o777).toString(8)} ${readFileSync(join(root, path)).toString('base64')}`;
  }
  return tree;
}

export function keyOf(n: number): TaskKey {
  return `k1-${n.toString(16).padStart(32, '0')}` as TaskKey;
}

/** The result of having made what lies below `root` (or only at these paths). */
export function resultOf(root: string, key: TaskKey = keyOf(1), paths?: readonly string[]): Result {
  const outputs: OutputEntry[] = [];
  for (const path of paths ?? Object.keys(readTree(root))) {
    const stat = lstatSync(join(root, path));
    if (stat.isSymbolicLink()) outputs.push({ kind: 'symlink', path, link: readlinkSync(join(root, path)) });
    else if (stat.isDirectory()) outputs.push({ kind: 'folder', path });
    else {
      const digest = hasher.digestBytes(readFileSync(join(root, path))) as Digest;
      outputs.push({ kind: 'file', path, digest, executable: (stat.mode & 0o100) !== 0, stored: true });
    }
  }
  outputs.sort((a, b) => comparePaths(a.path, b.path));
  return { key, outputs, durationMs: 12, createdAtMs: 1_700_000_000_000, accepted: false };
}

/** Removes everything below `root` but `.cache`. */
export function emptyRoot(root: string): void {
  for (const name of readdirSync(root)) {
    if (name !== '.cache') rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** Paths of all files below `dir`, relative to it. */
export function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}
