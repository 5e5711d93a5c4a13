/** Cuts a Snakefile into its rules, their directives, and the lines of Python around them. Executes nothing. */
import { type Token, tokensOf } from '../python/tokens.ts';

export interface SnakeRule {
  readonly name: string;
  /** Tokens behind `input:` and so on. */
  readonly directives: ReadonlyMap<string, readonly Token[]>;
  /** `Snakefile:12`. */
  readonly at: string;
}

export interface Snakefile {
  readonly rules: readonly SnakeRule[];
  /** `NAME = …` at the top, in their order: names and the tokens of the value. */
  readonly assignments: readonly { readonly names: readonly string[]; readonly value: readonly Token[] }[];
  /** `configfile: "x"`, `include: "y"`… */
  readonly settings: readonly {
    readonly name: string;
    readonly value: readonly Token[];
    readonly at: string;
  }[];
}

const DIRECTIVES =
  'input output params shell script notebook run wrapper cwl log threads resources message benchmark conda container singularity envmodules priority retries group shadow cache wildcard_constraints localrule default_target name template_engine handover';
const SETTINGS =
  'configfile include workdir localrules ruleorder wildcard_constraints container containerized envvars pepfile report module use onsuccess onerror onstart singularity scattergather';

/** `file`: for messages. */
export function readSnakefile(text: string, file: string): Snakefile {
  const rules: SnakeRule[] = [];
  const assignments: Snakefile['assignments'][number][] = [];
  const settings: Snakefile['settings'][number][] = [];
  for (const block of topBlocks(text)) {
    const rule = /^(?:rule|checkpoint)\s*(\w*)\s*:/.exec(block.text);
    if (rule !== null) {
      const name = rule[1] || `rule_at_line_${block.line}`;
      rules.push({ name, at: `${file}:${block.line}`, directives: directivesOf(block) });
      continue;
    }
    const setting = new RegExp(`^(${SETTINGS.replaceAll(' ', '|')})\\b\\s*:?`).exec(block.text);
    if (setting !== null) {
      const value = tokensOf(block.text.slice(setting[0].length));
      settings.push({ name: setting[1]!, value, at: `${file}:${block.line}` });
      continue;
    }
    const assigned = /^\(?\s*([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s*,?\s*\)?\s*=(?!=)/.exec(block.text);
    if (assigned !== null)
      assignments.push({
        names: assigned[1]!.split(',').map((name) => name.trim()),
        value: tokensOf(block.text.slice(assigned[0].length)),
      });
  }
  return { rules, assignments, settings };
}

interface Block {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** Lines from one that isn't indented to the next; text in triple quotes and open brackets belongs together. */
function topBlocks(text: string): readonly Block[] {
  const starts = new Set<number>();
  let open = 0;
  for (const token of tokensOf(text)) {
    if (token.atStart && open === 0) starts.add(token.line);
    if (token.kind !== 'symbol') continue;
    if ('([{'.includes(token.text)) open += 1;
    else if (')]}'.includes(token.text)) open = Math.max(0, open - 1);
  }
  const lines = text.split('\n');
  const ordered = [...starts].sort((a, b) => a - b);
  return ordered.map((line, at) => ({
    text: lines.slice(line - 1, (ordered[at + 1] ?? lines.length + 1) - 1).join('\n'),
    line,
  }));
}

function directivesOf(block: Block): ReadonlyMap<string, readonly Token[]> {
  const head = /^[^:]*:/.exec(block.text)![0];
  const body = block.text.slice(head.length);
  const tokens = tokensOf(body);
  const known = new Set(DIRECTIVES.split(' '));
  const found = new Map<string, Token[]>();
  let depth = 0;
  let current: Token[] | null = null;
  let lastLine = 0;
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    const isFirst = token.line !== lastLine;
    lastLine = token.line;
    const isDirective =
      depth === 0 &&
      isFirst &&
      token.kind === 'name' &&
      known.has(token.text) &&
      next?.kind === 'symbol' &&
      next.text === ':';
    if (isDirective) {
      current = [];
      found.set(token.text, current);
      continue;
    }
    const isColonOfDirective =
      token.kind === 'symbol' && token.text === ':' && current?.length === 0 && depth === 0;
    if (token.kind === 'symbol' && '([{'.includes(token.text)) depth += 1;
    if (token.kind === 'symbol' && ')]}'.includes(token.text)) depth -= 1;
    // A docstring stands before the first directive.
    if (current !== null && !isColonOfDirective) current.push(token);
  }
  return found;
}
