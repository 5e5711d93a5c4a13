/**
 * Words of a command that look like files which the task reads, but doesn't declare: `python train.py` without
 * `train.py` among the inputs. Whether they exist, only the caller can see; then edits of them wouldn't rerun it.
 */
import type { Template } from '../model/expression.ts';
import type { InputSpec, Task } from '../model/task.ts';

/** Root-relative paths, each once. Touches no disk. */
export function suspectedScripts(task: Task): readonly string[] {
  if (task.run === null) return [];
  const texts = task.run.kind === 'shell' ? [task.run.script] : task.run.argv;
  const words = texts.flatMap((text) =>
    literalTexts(text).flatMap((part) =>
      task.run?.kind === 'argv' ? [part] : part.split(/[\s;|&<>()"'`=]+/),
    ),
  );
  const declared = [...task.inputs.filter((input) => !input.negated), ...task.outputs];
  const found = new Set<string>();
  for (const word of words) {
    const path = inRoot(word, task.dir);
    if (path !== null && !declared.some((spec) => mayCover(spec, path))) found.add(path);
  }
  return [...found];
}

function literalTexts(template: Template): readonly string[] {
  if (typeof template === 'string') return [template];
  return template.parts.filter((part): part is string => typeof part === 'string');
}

/** A word with an ending, as a path from the root; null for anything else. */
function inRoot(word: string, dir: string): string | null {
  if (
    !/^(?!-)[\w./@+-]*\w\.[A-Za-z][A-Za-z0-9]{0,7}$/.test(word) ||
    word.startsWith('/') ||
    word.includes('://')
  )
    return null;
  const segments = dir === '' ? [] : dir.split('/');
  for (const segment of word.split('/')) {
    if (segment === '..') {
      if (segments.pop() === undefined) return null;
    } else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.join('/');
}

/** Globs are taken by their folder and ending only: at worst a warning is left out. */
function mayCover({ kind, path: declared }: Pick<InputSpec, 'kind' | 'path'>, path: string): boolean {
  if (kind !== 'glob') return declared === '' || path === declared || path.startsWith(`${declared}/`);
  const literal = /^[^*?[\]{}()!+@\\]*/.exec(declared)![0];
  const folder = literal.slice(0, literal.lastIndexOf('/') + 1);
  const ending = declared.slice(declared.lastIndexOf('.'));
  return (
    path.startsWith(folder) && (declared.endsWith('*') || declared.endsWith('}') || path.endsWith(ending))
  );
}
