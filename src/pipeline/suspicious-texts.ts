/**
 * Texts that are valid and yet hardly what their writer meant: placeholders as other tools write them, and escapes
 * that a backslash between folders makes. Warnings only: a text may mean what it says.
 */
import type { Problems } from './problems.ts';
import type { SourceFile } from './source-file.ts';
import type { ScalarNode } from './yaml-node.ts';

interface ForeignPlaceholder {
  readonly pattern: RegExp;
  /** The expression inside the match. */
  readonly expression: (match: RegExpExecArray) => string;
}

const ROOTS = 'params|matrix|inputs|outputs|needs|env|metrics|secrets|pipeline|run';
const ours: Readonly<Record<string, string>> = {
  input: 'inputs',
  output: 'outputs',
  wildcards: 'matrix',
  vars: 'params',
  var: 'params',
  item: 'matrix',
};

function translated(expression: string): string {
  const [, root = '', rest = ''] = /^(\w+)([\s\S]*)$/.exec(expression.trim()) ?? [];
  const name = Object.hasOwn(ours, root) ? ours[root]! : root;
  return (name === 'inputs' || name === 'outputs') && rest === '' ? `${name}[0]` : `${name}${rest}`;
}

const FOREIGN: readonly ForeignPlaceholder[] = [
  // Jinja (Airflow, Ansible, dbt), and GitHub's with its dollar forgotten.
  {
    pattern: new RegExp(`(?<!\\$)\\{\\{-?\\s*((?:${ROOTS}|vars?|item)[.[][^{}]*?)\\s*-?\\}\\}`, 'g'),
    expression: ([, inside]) => translated(inside!),
  },
  // DVC, Terraform.
  {
    pattern: new RegExp(`\\$\\{\\s*((?:${ROOTS}|vars?|item)\\.[\\w.[\\]]+)\\s*\\}`, 'g'),
    expression: ([, inside]) => translated(inside!),
  },
  // Tekton, Argo, CWL.
  {
    pattern: /\$\(((?:params|inputs|outputs)\.[\w.[\]]+)\)/g,
    expression: ([, inside]) => translated(inside!),
  },
  // Snakemake.
  {
    pattern: /(?<![$\w{}])\{((?:input|output)s?(?:\[\w+\]|\.\w+)?|(?:wildcards|params)\.\w+)\}(?!\})/g,
    expression: ([, inside]) => translated(inside!),
  },
  // make: in a shell, `$<` is a dollar and a redirection.
  {
    pattern: /(?<![\\'$])\$[<^](?=[\s"')]|$)/gm,
    expression: ([text]) => (text === '$<' ? 'inputs[0]' : 'inputs'),
  },
];

/** In a command or a path. Each is pointed at where it stands in the file. */
export function warnOfForeignPlaceholders(
  { span, value }: ScalarNode,
  source: SourceFile,
  problems: Problems,
  patterns: 'command' | 'path',
): void {
  if (typeof value !== 'string' || !/[{(<^]/.test(value)) return;
  const written = source.text.slice(span.start, span.end);
  for (const [index, { pattern, expression }] of FOREIGN.entries()) {
    // In a path, braces are alternatives of a glob, and a dollar is a letter.
    if (patterns === 'path' && index === FOREIGN.length - 1) continue;
    for (const match of written.matchAll(pattern)) {
      const start = span.start + match.index;
      problems.warning(
        'foreign-placeholder',
        source.position({ start, end: start + match[0].length }),
        `${match[0]} is no placeholder here: it stays as it is`,
        { hint: `write \${{ ${expression(match as RegExpExecArray)} }}` },
      );
    }
  }
}

/** `"data\new\temp.csv"` has a line break and a tab in it. */
export function warnOfEscapes({ span, value }: ScalarNode, source: SourceFile, problems: Problems): void {
  if (typeof value !== 'string' || source.text[span.start] !== '"') return;
  const found = /(?<!\\)(?:\\\\)*(\\[abefnrtv0])/.exec(source.text.slice(span.start, span.end));
  if (found === null) return;
  const start = span.start + found.index + found[0].length - 2;
  problems.warning(
    'escape-in-path',
    source.position({ start, end: start + 2 }),
    `in double quotes ${found[1]} is a ${ESCAPES[found[1]!] ?? 'control character'}, which becomes part of the path`,
    { hint: 'folders are separated by "/"; in single quotes a backslash is itself' },
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\n': 'line break',
  '\\r': 'carriage return',
  '\\t': 'tab',
};
