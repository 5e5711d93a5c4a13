/**
 * Which programs a starter's commands begin with that aren't installed: better said at once than by the first run.
 * Looks at the folders of PATH, runs nothing.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Starter } from './starter.ts';

/** Shells do these themselves. */
const BUILT_IN =
  /^(:|alias|bg|case|cd|command|declare|echo|eval|exec|exit|export|false|fg|for|function|if|let|local|popd|printf|pushd|read|return|set|shift|source|test|then|time|trap|true|type|ulimit|umask|unset|until|wait|while)$/;

/** By name, each once, in the order of the tasks. Only of plain shells is it known how their text begins. */
export function missingPrograms(
  { tasks, shell, env }: Pick<Starter, 'tasks' | 'shell' | 'env'>,
  searchPath: string,
): readonly string[] {
  if (env?.['PATH'] !== undefined) return [];
  const named = tasks.flatMap((task): string[] => {
    const own = task.shell ?? shell ?? 'sh';
    const program = typeof own === 'string' ? own : (own[0] ?? '');
    if (!/(^|\/)(ba|da|z|k)?sh$/.test(program) || task.env?.['PATH'] !== undefined) return [];
    const first = /^\s*(?:\w+=\S*\s+)*([A-Za-z][\w.+-]*)(?=\s|$)/.exec(task.run ?? '')?.[1];
    return first === undefined || BUILT_IN.test(first) ? [] : [first];
  });
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  return [...new Set(named)].filter((name) => !folders.some((folder) => isProgram(join(folder, name))));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
