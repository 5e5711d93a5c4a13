/** Reads what a task executes: `run`, `probe` and `tools`, with the shell that gets them. Starts nothing. */
import { nearest } from '../base/nearest.ts';
import type { Template } from '../model/expression.ts';
import type { CommandSpec } from '../model/task.ts';
import { fieldOf, type TaskDraft } from './draft.ts';
import { type Filling, fillText, fold, foldPart, readAndNote } from './fill.ts';
import { hasLonePipe } from './shell-text.ts';
import { warnOfForeignPlaceholders } from './suspicious-texts.ts';
import { placeOf } from './texts.ts';
import { child, itemsOf, type ScalarNode, type YamlNode } from './yaml-node.ts';

interface Shell {
  readonly argv: readonly string[];
  /** Reads its text as a POSIX shell does; only then values can be quoted for it. */
  readonly isPosix: boolean;
}

/** `-e`: a script ends at its first failing command. Plain sh has no pipefail. */
const SHELLS: Readonly<Record<string, readonly string[]>> = {
  sh: ['sh', '-e', '-c'],
  dash: ['dash', '-e', '-c'],
  bash: ['bash', '-e', '-o', 'pipefail', '-c'],
  zsh: ['zsh', '-e', '-o', 'pipefail', '-c'],
  ksh: ['ksh', '-e', '-o', 'pipefail', '-c'],
};
const DEFAULT_SHELL: Shell = { argv: SHELLS['sh']!, isPosix: true };

/** `run`, null for a group or where it is wrong. */
export function readRun(draft: TaskDraft, filling: Filling): CommandSpec | null {
  const node = child(draft.node, 'run');
  if (node === null) return null;
  const shell = readShell(draft, filling);
  warnOfPipe(draft, node, shell, filling);
  return readCommand(draft, node, shell, filling);
}

export function readProbe(draft: TaskDraft, filling: Filling): CommandSpec | null {
  const node = child(draft.node, 'probe');
  return node === null ? null : readCommand(draft, node, readShell(draft, filling), filling);
}

/** Shell lines, run by sh. */
export function readTools(draft: TaskDraft, filling: Filling): readonly Template[] {
  return itemsOf(fieldOf(draft, 'tools')).flatMap((item) => {
    const template =
      item.kind === 'scalar' && typeof item.value === 'string' ? fold(item, 'shell', filling) : null;
    return template === null ? [] : [template];
  });
}

function readShell(draft: TaskDraft, filling: Filling): Shell {
  const node = fieldOf(draft, 'shell');
  if (node === null || node.kind === 'map') return DEFAULT_SHELL;
  const words: string[] = [];
  for (const item of itemsOf(node)) {
    const word = item.kind === 'scalar' && typeof item.value === 'string' ? fillText(item, filling) : null;
    if (word === null) return DEFAULT_SHELL;
    words.push(word);
  }
  if (node.kind === 'list') {
    const program = words[0]?.slice(words[0].lastIndexOf('/') + 1) ?? '';
    return { argv: words, isPosix: Object.hasOwn(SHELLS, program) };
  }
  const name = words[0] ?? '';
  if (Object.hasOwn(SHELLS, name)) return { argv: SHELLS[name]!, isPosix: true };
  const close = nearest(name, Object.keys(SHELLS));
  const written = name.trim().split(/\s+/);
  // A shell's own arguments end with the one behind which the script stands.
  const argv = written.some((word) => /^-[a-z]*c$/.test(word)) ? written : [...written, '-c'];
  filling.problems.error(
    'bad-value',
    placeOf(node, draft.in.source),
    `shell: ${JSON.stringify(name)} is no shell that orch knows`,
    {
      hint:
        close !== null
          ? `did you mean ${close}?`
          : `it knows ${Object.keys(SHELLS).join(', ')}; anything else is written with its arguments: [${argv.join(', ')}]`,
    },
  );
  // The command is still read, for what is wrong with it.
  return DEFAULT_SHELL;
}

function readCommand(draft: TaskDraft, node: YamlNode, shell: Shell, filling: Filling): CommandSpec | null {
  const { problems } = filling;
  for (const item of itemsOf(node))
    if (item.kind === 'scalar') warnOfForeignPlaceholders(item, draft.in.source, problems, 'command');
  if (node.kind === 'list') {
    const argv: Template[] = [];
    for (const item of node.items) {
      const word = item.kind === 'scalar' && item.value !== null ? fold(item, 'raw', filling) : null;
      if (word !== null) argv.push(word);
    }
    return argv.length === node.items.length && argv.length > 0 ? { kind: 'argv', argv } : null;
  }
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return null;
  if (node.value.trim() === '') {
    problems.error('bad-value', placeOf(node, draft.in.source), `the command of ${draft.name} is empty`);
    return null;
  }
  const script = shell.isPosix ? fold(node, 'shell', filling) : foldUnquoted(node, shell, filling);
  return script === null ? null : { kind: 'shell', shell: shell.argv, script };
}

/**
 * For `[python3, -c]` and the like, whose quoting orch doesn't know: values that mean nothing special in any
 * language are filled in, everything else is refused.
 */
function foldUnquoted(node: ScalarNode, shell: Shell, filling: Filling): Template | null {
  const read = readAndNote(node, 'raw', filling);
  if (read === null || typeof read.template === 'string') return read?.template ?? null;
  const texts: string[] = [];
  for (const part of read.template.parts) {
    if (typeof part === 'string') {
      texts.push(part);
      continue;
    }
    const folded = foldPart({ parts: [part] }, read, filling);
    if (folded === null) return null;
    if (typeof folded === 'string' && /^[\w./:@+-]*$/.test(folded)) texts.push(folded);
    else {
      const message =
        typeof folded === 'string'
          ? `${part.source} is ${JSON.stringify(folded)}, which can't be put safely into a text that ${shell.argv[0]} reads`
          : `${part.source} is known only when the task runs, and can't be put safely into a text that ${shell.argv[0]} reads`;
      filling.problems.error('unquotable', part.position, message, {
        hint: `hand it over in a variable: env: {VALUE: "${part.source}"}`,
      });
      return null;
    }
  }
  return texts.join('');
}

function warnOfPipe(draft: TaskDraft, node: YamlNode, shell: Shell, { problems }: Filling): void {
  if (shell !== DEFAULT_SHELL && !['sh', 'dash'].includes(shell.argv[0]!)) return;
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || shell.argv.includes('pipefail')) return;
  if (node.value.includes('pipefail') || !hasLonePipe(node.value)) return;
  problems.warning(
    'pipe-status-lost',
    placeOf(node, draft.in.source),
    `${draft.name}: plain sh takes a pipe's status from its last command only, so that failures before it go unseen`,
    {
      hint: '`shell: bash` fails where any part of a pipe fails',
    },
  );
}
