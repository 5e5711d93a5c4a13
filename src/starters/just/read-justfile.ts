/** Cuts a justfile into settings, variables and recipes. Expressions stay text; nothing is evaluated or run. */

export interface JustRecipe {
  readonly name: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly isMany: boolean;
    readonly value: string | null;
  }[];
  /** Before its body. */
  readonly dependencies: readonly string[];
  /** After it. */
  readonly subsequents: readonly string[];
  /** Without the indentation that they share. */
  readonly body: readonly string[];
  readonly description: string | null;
  readonly groups: readonly string[];
  readonly line: number;
}

export interface Justfile {
  readonly recipes: readonly JustRecipe[];
  readonly variables: ReadonlyMap<string, string>;
  readonly exported: readonly string[];
  readonly settings: ReadonlyMap<string, string>;
  /** Lines that are none of these. */
  readonly others: readonly { readonly line: number; readonly text: string }[];
}

export function readJustfile(text: string): Justfile {
  const lines = text.split('\n');
  const recipes: JustRecipe[] = [];
  const variables = new Map<string, string>();
  const exported: string[] = [];
  const settings = new Map<string, string>();
  const others: Justfile['others'][number][] = [];
  let comment: string | null = null;
  let groups: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) {
      comment = trimmed.startsWith('# ') ? trimmed.slice(2).trim() : null;
      continue;
    }
    const setting = /^set\s+([\w-]+)\s*(?::=\s*(.*))?$/.exec(line);
    const assignment = /^(export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(.*)$/.exec(line);
    const header = /^@?([A-Za-z_][\w-]*)((?:\s+[^:]*?)?)\s*:(?!=)(.*)$/.exec(line);
    if (setting !== null) settings.set(setting[1]!, setting[2] ?? 'true');
    else if (/^alias\s/.test(line)) others.push({ line: at + 1, text: trimmed });
    else if (assignment !== null) {
      const open = /^('{3}|"{3}|'|"|`)/.exec(assignment[3]!)?.[0];
      // A text over several lines.
      if (open !== undefined && !assignment[3]!.slice(open.length).includes(open))
        while (at + 1 < lines.length && !lines[++at]!.includes(open));
      variables.set(assignment[2]!, assignment[3]!.trim());
      if (assignment[1] !== undefined) exported.push(assignment[2]!);
    } else if (/^\[.*\]$/.test(trimmed)) {
      const group = /^\[group[(:]\s*['"]([^'"]+)['"]\)?\]$/.exec(trimmed)?.[1];
      if (group !== undefined) groups.push(group);
      else if (!/^\[(private|no-cd|doc[(:])/.test(trimmed)) others.push({ line: at + 1, text: trimmed });
      continue;
    } else if (header !== null && !/^\s/.test(line)) {
      const body: string[] = [];
      const start = at;
      while (at + 1 < lines.length && (/^\s+\S/.test(lines[at + 1]!) || lines[at + 1]!.trim() === ''))
        body.push(lines[++at]!);
      while (body.at(-1)?.trim() === '') body.pop();
      const [before = '', after = ''] = header[3]!.replace(/\s#.*$/, '').split('&&');
      recipes.push({
        name: header[1]!,
        parameters: parametersOf(header[2]!),
        dependencies: dependenciesOf(before),
        subsequents: dependenciesOf(after),
        body: dedented(body),
        description: comment,
        groups,
        line: start + 1,
      });
    } else others.push({ line: at + 1, text: trimmed });
    comment = null;
    groups = [];
  }
  return { recipes, variables, exported, settings, others };
}

function parametersOf(text: string): JustRecipe['parameters'] {
  return [
    ...text.matchAll(/([+*]?)\$?([A-Za-z_][\w-]*)(?:=('[^']*'|"[^"]*"|`[^`]*`|\([^)]*\)|[^\s]+))?/g),
  ].map(([, many, name, value]) => ({
    name: name!,
    isMany: many !== '',
    value: value ?? (many === '*' ? "''" : null),
  }));
}

/** `build (test "x")` -> `build`, `(test "x")`. */
function dependenciesOf(text: string): readonly string[] {
  return [...text.matchAll(/\([^)]*\)|[^\s()]+/g)].map((match) => match[0]);
}

function dedented(body: readonly string[]): readonly string[] {
  const indents = body.filter((line) => line.trim() !== '').map((line) => /^\s*/.exec(line)![0].length);
  const indent = Math.min(...indents, 1000);
  return body.map((line) => line.slice(indent));
}
