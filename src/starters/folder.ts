/**
 * A found project's folder, read only: which files there are and what is in small ones. Nothing of it is ever
 * executed. It knows no tool's files.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compileGlob } from '../base/glob.ts';
import { sortPaths } from '../base/path.ts';

export interface Folder {
  /** Absolute. */
  readonly root: string;
  /** Root-relative, sorted; what version control, package managers and virtual environments keep is left out. */
  files(): readonly string[];
  kindOf(path: string): 'file' | 'folder' | null;
  /** Text without byte order mark, lines ended by `\n`; null for what isn't there or isn't a text of moderate size. */
  read(path: string): string | null;
  /** Files that a glob of orch matches. */
  match(glob: string): readonly string[];
}

const SKIPPED =
  /^(\.git|\.hg|\.svn|\.cache|\.dvc|\.snakemake|\.task|\.turbo|\.tox|\.nox|\.venv|venv|env|node_modules|__pycache__|\.ipynb_checkpoints|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.idea|\.vscode)$/;
/** Beyond these a listing costs more than a starter is worth; what lies further is not seen. */
const MOST_FILES = 20_000;
const MOST_LEVELS = 12;
const MOST_BYTES = 4_000_000;

export function openFolder(root: string): Folder {
  let listed: readonly string[] | null = null;
  const files = (): readonly string[] => {
    listed ??= sortPaths(list(root));
    return listed;
  };
  return {
    root,
    files,
    kindOf(path) {
      try {
        return statSync(join(root, path)).isDirectory() ? 'folder' : 'file';
      } catch {
        // Not there, or a name that can't be: through a file, too long, a circle of links.
        return null;
      }
    },
    read(path) {
      try {
        if (statSync(join(root, path)).size > MOST_BYTES) return null;
        const text = readFileSync(join(root, path), 'utf8');
        return text.includes('\0') ? null : text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
      } catch {
        return null;
      }
    },
    match: (glob) => files().filter(compileGlob(glob)),
  };
}

function list(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string, level: number): void => {
    let entries: ReturnType<typeof entriesOf>;
    try {
      entries = entriesOf(join(root, folder));
    } catch {
      return;
    }
    for (const entry of entries) {
      if (found.length >= MOST_FILES) return;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (level < MOST_LEVELS && !SKIPPED.test(entry.name)) walk(path, level + 1);
      } else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
    }
  };
  walk('', 0);
  return found;
}

function entriesOf(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}
