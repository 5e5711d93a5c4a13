/** Where the project is that a command line being typed is about. The shell hasn't expanded `~` in it yet. */
import type { StartPoint } from '../../app/root.ts';
import type { Place } from './command-line.ts';

export function startPointOf(
  { directory, file, root }: Place,
  cwd: string,
  home: string | undefined,
): StartPoint {
  const expanded = (path: string | null) =>
    path !== null && home !== undefined && /^~(?=\/|$)/.test(path) ? home + path.slice(1) : path;
  return { cwd, dir: expanded(directory), file: expanded(file), root: expanded(root) };
}
