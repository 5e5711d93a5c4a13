/** Runs many small scripts by a real shell in one go, and reads texts as parts of a made-up file. */
import { spawnSync } from 'node:child_process';
import type { Template } from '../../../src/model/expression.ts';
import type { JsonValue, SourcePosition } from '../../../src/model/ids.ts';
import { parseTemplate, renderText, type Scope } from '../../../src/pipeline/expression/index.ts';

export const at = (offset: number): SourcePosition => ({ file: 'orch.yaml', line: 1, column: offset + 1 });

export function scopeOf(roots: Readonly<Record<string, JsonValue>>): Scope {
  return { get: (root) => (Object.hasOwn(roots, root) ? roots[root] : undefined) };
}

/** Null where the text is refused. */
export function shellTemplate(text: string): Template | null {
  const parsed = parseTemplate(text, { at, reader: 'shell' });
  return parsed.ok ? parsed.value : null;
}

export function rendered(template: Template, params: JsonValue): string {
  const text = renderText(template, scopeOf({ params }));
  if (!text.ok) throw new Error(`${text.error.message} in ${JSON.stringify(template)}`);
  return text.value;
}

export const SHELLS = ['sh', 'bash'] as const;

const SEPARATOR = '\0-- next script --\0';

/**
 * What each script prints, run as `SHELL -e -c SCRIPT` one after the other in `dir`. The scripts find no
 * programs, only builtins: whatever goes wrong, it can't do more than write files into `dir`.
 */
export function runScripts(shell: string, scripts: readonly string[], dir: string): string[] {
  // The pipe also waits for what a script left in the background.
  const driver = `for script do
    PATH=/nonexistent "$SHELL_PATH" -e -c "$script" </dev/null 2>/dev/null | cat
    printf '\\0-- next script --\\0'
  done`;
  const run = spawnSync('sh', ['-c', driver, 'sh', ...scripts], {
    cwd: dir,
    env: { PATH: process.env['PATH'], SHELL_PATH: `/bin/${shell}`, HOME: dir, LC_ALL: 'C.UTF-8' },
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
  if (run.error !== undefined) throw run.error;
  const outputs = run.stdout.toString('utf8').split(SEPARATOR);
  if (outputs.length !== scripts.length + 1)
    throw new Error(`${outputs.length - 1} outputs for ${scripts.length} scripts`);
  return outputs.slice(0, -1);
}
