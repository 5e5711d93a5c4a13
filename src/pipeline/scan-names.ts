/**
 * Names of tasks and parameters by a look at the lines of a file, without reading it as YAML: for files that can't
 * be read just now, and for those whose reading would take longer than who asks wants to wait. It finds what is
 * written in the common way, one key a line below `tasks:` and `params:`; it may find nothing, and checks nothing.
 */

export interface ScannedNames {
  readonly name: string | null;
  readonly tasks: readonly string[];
  readonly params: readonly string[];
}

const KEY = /^( +)(?:"([^"\\]+)"|'([^']+)'|([\p{L}\p{N}_][\p{L}\p{M}\p{N}_.-]*))[ \t]*:(?:[ \t]|$)/u;

export function scanNames(text: string): ScannedNames {
  const found: Record<'tasks' | 'params', string[]> = { tasks: [], params: [] };
  let name: string | null = null;
  let section: 'tasks' | 'params' | null = null;
  let depth: number | null = null;
  for (const line of text.split(/\r?\n/)) {
    const top = /^([^\s#:]+)[ \t]*:[ \t]*(.*)$/.exec(line);
    if (top !== null) {
      section = top[1] === 'tasks' || top[1] === 'params' ? top[1] : null;
      depth = null;
      if (top[1] === 'name') name = /^["']?([\p{L}\p{N}_][\p{L}\p{M}\p{N}_.-]*)/u.exec(top[2]!)?.[1] ?? null;
      continue;
    }
    const key = section === null ? null : KEY.exec(line);
    if (section === null || key === null) continue;
    depth ??= key[1]!.length;
    if (key[1]!.length === depth) found[section].push((key[2] ?? key[3] ?? key[4])!);
  }
  return { name, ...found };
}
