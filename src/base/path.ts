/**
 * Paths as text: root-relative with `/`, compared by their bytes. It never touches the disk, so it knows
 * neither links nor whether anything exists, and it never changes letter case or Unicode form: `A` and `a`,
 * NFC and NFD are different names.
 */

/**
 * The shortest spelling: no `./`, no doubled or final `/`, `..` resolved as text. '' is the root itself. What
 * leaves the root keeps its leading `../`, an absolute path its leading `/`.
 */
export function normalisePath(path: string): string {
  const absolute = path.startsWith('/');
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.length > 0 && kept[kept.length - 1] !== '..') kept.pop();
    else if (!absolute) kept.push('..');
  }
  return absolute ? `/${kept.join('/')}` : kept.join('/');
}

/** Does a normalised path point outside the root by its spelling? */
export function leavesRoot(path: string): boolean {
  return path.startsWith('/') || path === '..' || path.startsWith('../');
}

/** Is `path` the folder `root` or below it? Both absolute and normalised. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`);
}

/** The folder that holds a normalised path, '' for the root (also of the root). */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '';
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** `name` in a folder; '' is the root. */
export function childOf(folder: string, name: string): string {
  if (folder === '') return name;
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/**
 * The order of two paths' UTF-8 bytes, as `Buffer.compare` gives it. JavaScript compares UTF-16 units, in which
 * the halves of characters above U+FFFF (D800-DFFF) sort before U+E000-U+FFFF: there the two orders differ.
 */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  const end = Math.min(a.length, b.length);
  for (let at = 0; at < end; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Puts surrogates above everything else that one UTF-16 unit can hold. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

const SURROGATE = /[\ud800-\udfff]/;

/** Sorts in place by UTF-8 bytes and returns the array. */
export function sortPaths(paths: string[]): string[] {
  switch (orderOf(paths, (path) => path)) {
    case 'sorted':
      return paths;
    case 'plain':
      return paths.sort();
    case 'surrogates':
      return paths.sort(comparePaths);
  }
}

/** The same for things with a path; the array itself where it's in order already, else a sorted copy. */
export function sortedByPath<T>(items: readonly T[], pathOf: (item: T) => string): readonly T[] {
  switch (orderOf(items, pathOf)) {
    case 'sorted':
      return items;
    case 'plain':
      return [...items].sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : pathOf(a) > pathOf(b) ? 1 : 0));
    case 'surrogates':
      return [...items].sort((a, b) => comparePaths(pathOf(a), pathOf(b)));
  }
}

/**
 * 100,000 paths: 2 ms to see that they are in order (a walk through folders delivers them so), else about 60 to
 * sort them. A comparator in JavaScript takes four times that, so it's kept for lists in which the order of UTF-16
 * and that of bytes can differ at all.
 */
function orderOf<T>(items: readonly T[], pathOf: (item: T) => string): 'sorted' | 'plain' | 'surrogates' {
  let order: 'sorted' | 'plain' = 'sorted';
  let before = '';
  for (const item of items) {
    const path = pathOf(item);
    if (SURROGATE.test(path)) return 'surrogates';
    if (before > path) order = 'plain';
    before = path;
  }
  return order;
}
