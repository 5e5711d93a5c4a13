/**
 * Headers that C and C++ sources include, by their `#include` lines, so that editing one rebuilds what uses it.
 * Makefiles leave that to files a compiler writes (`-MMD`), which a first build doesn't have. Compiles nothing.
 */
import { posix } from 'node:path';
import type { Folder } from '../folder.ts';
import { literalPath } from '../orch-text.ts';

const SOURCE = /\.(c|cc|cpp|cxx|c\+\+|C|m|mm|cu|h|hh|hpp|hxx)$/;

export function isCSource(path: string): boolean {
  return SOURCE.test(path);
}

/**
 * Globs of the folders whose headers a source uses, directly or through others: a header that is added to one of
 * them later counts too. `command` is the compiler's, for its `-I`.
 */
export function headerGlobs(sources: readonly string[], command: string, folder: Folder): readonly string[] {
  const searched = [...command.matchAll(/(?:^|\s)-(?:I|iquote|isystem)\s*([^\s'"]+)/g)].map((match) =>
    posix.normalize(match[1]!),
  );
  const seen = new Set<string>();
  const folders = new Map<string, Set<string>>();
  const listed = new Set(sources);
  const look = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = folder.read(path);
    if (text === null) return;
    for (const match of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]/gm)) {
      const beside = match[1] === '"' ? [posix.dirname(path)] : [];
      const found = [...beside, ...searched]
        .map((dir) => posix.join(dir, match[2]!))
        .find((candidate) => !candidate.startsWith('../') && folder.kindOf(candidate) === 'file');
      if (found === undefined) continue;
      const dir = posix.dirname(found);
      // Written by hand among the prerequisites: then the makefile says what counts.
      if (!listed.has(found)) folders.set(dir, (folders.get(dir) ?? new Set()).add(posix.extname(found)));
      look(found);
    }
  };
  for (const source of sources) if (isCSource(source)) look(source);
  return [...folders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([dir, endings]) =>
      [...endings]
        .sort()
        .map((ending) => `${dir === '.' ? '' : `${literalPath(dir)}/`}*${literalPath(ending)}`),
    );
}
