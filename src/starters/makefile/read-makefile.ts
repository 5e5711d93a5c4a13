/**
 * Reads a makefile as make would in its first phase: assignments, conditionals, includes and rules, top to bottom,
 * without running anything. Recipes stay unexpanded. What isn't understood is noted, with its line.
 */
import type { Folder } from '../folder.ts';
import { oneLine, textOf } from '../orch-text.ts';
import type { Note } from '../starter.ts';
import { createConditionals } from './conditionals.ts';
import { expandText, type MakeVariable, type Names } from './expand.ts';
import { DEFAULT_VARIABLES, shellFact } from './facts.ts';
import { indexOutside, type LogicalLine, logicalLines, wordsOf } from './logical-lines.ts';

export interface MakeRule {
  readonly targets: readonly string[];
  /** Of a static pattern rule. */
  readonly pattern: string | null;
  readonly prerequisites: readonly string[];
  readonly orderOnly: readonly string[];
  /** Unexpanded lines; null: the rule has no recipe. */
  readonly recipe: readonly string[] | null;
  /** One command makes all targets. */
  readonly isGrouped: boolean;
  readonly description: string | null;
  /** `Makefile:12`. */
  readonly at: string;
}

export interface Makefile {
  readonly rules: readonly MakeRule[];
  readonly variables: ReadonlyMap<string, MakeVariable>;
  readonly phony: ReadonlySet<string>;
  /** `.DEFAULT_GOAL`. */
  readonly goal: string | null;
  /** Special targets that were named, such as `.ONESHELL`. */
  readonly special: ReadonlySet<string>;
  /** Names of exported variables. */
  readonly exported: readonly string[];
  /** Patterns of `$(wildcard …)` that formed targets and prerequisites, as globs of orch, with what they match. */
  readonly wildcards: ReadonlyMap<string, readonly string[]>;
  /** Variables by which targets, prerequisites or conditions were formed. */
  readonly structural: ReadonlySet<string>;
  readonly notes: readonly Note[];
}

const ASSIGNMENT =
  /^\s*((?:(?:export|override|private)\s+)*)((?:[^\s:#=+?!$]|\$\([^()]*\)|\$\{[^{}]*\})+)\s*(=|:{1,3}=|\?=|\+=|!=)\s*([\s\S]*)$/;

export function readMakefile(folder: Folder, file: string): Makefile {
  const variables = new Map<string, MakeVariable>();
  const rules: MakeRule[] = [];
  const phony = new Set<string>();
  const special = new Set<string>();
  const exported = new Set<string>();
  const structural = new Set<string>();
  const notes: Note[] = [];
  const included = new Set<string>();
  const wildcards = new Map<string, readonly string[]>();
  let goal: string | null = null;

  const names = (onUse: (name: string) => void = () => {}): Names => ({
    variable(name) {
      onUse(name);
      const found = variables.get(name);
      if (found !== undefined) return found;
      if (name === 'CURDIR' || name === 'PWD') return { value: folder.root, isSimple: true };
      const value = DEFAULT_VARIABLES[name];
      return value === undefined ? null : { value, isSimple: false };
    },
    undefined: () => '',
    shell: (command) => shellFact(textOf(command), folder),
    match(pattern) {
      const glob = pattern.replace(/^(\.\/)+/, '');
      const matches = folder.match(glob);
      // `src/*` may as well match what is made there; `src/*.c` says what it means.
      if (matches.length > 1 && /\.\w+$/.test(glob)) wildcards.set(glob, matches);
      return matches;
    },
  });
  const structure = names((name) => structural.add(name));
  const note = (at: string, text: string) => notes.push({ at, text });

  function readFile(path: string, text: string): void {
    included.add(path);
    const lines = logicalLines(text);
    const conditionals = createConditionals({ names: structure, variables, structural, note });
    let rule: (MakeRule & { recipe: string[] | null }) | null = null;
    let comment = '';
    const at = ({ line }: LogicalLine) => `${path}:${line}`;
    for (let index = 0; index < lines.length; index++) {
      const line = lines[index]!;
      const stripped = line.text.trim();
      if (!line.isRecipe && conditionals.take(stripped, at(line))) continue;
      if (!conditionals.isRead()) continue;
      if (line.isRecipe && (rule !== null || !ASSIGNMENT.test(line.text))) {
        if (rule !== null && line.text.trim() !== '') {
          rule.recipe ??= [];
          rule.recipe.push(line.text);
        }
        continue;
      }
      if (stripped === '') {
        comment = line.comment;
        continue;
      }
      const above = comment;
      comment = '';
      const definition = /^define\s+([^\s=:?+]+)/.exec(stripped);
      if (definition !== null) {
        const end = lines.findIndex((each, later) => later > index && /^endef\b/.test(each.text.trim()));
        const body = lines.slice(index + 1, end === -1 ? undefined : end);
        variables.set(definition[1]!, { value: body.map((each) => each.text).join('\n'), isSimple: false });
        index = end === -1 ? lines.length : end;
        rule = null;
        continue;
      }
      if (directive(stripped, at(line))) {
        rule = null;
        continue;
      }
      const assignment = ASSIGNMENT.exec(stripped);
      if (assignment !== null) {
        assign(assignment, at(line));
        rule = null;
        continue;
      }
      rule = readRule(line, above, at(line));
      if (rule !== null) rules.push(rule);
    }
  }

  /** Lines that are neither assignments nor rules. */
  function directive(text: string, at: string): boolean {
    const include = /^(-include|sinclude|include)\s+(.*)$/.exec(text);
    if (include !== null) {
      const paths = expandText(include[2]!, structure);
      if (!paths.ok) note(at, `${oneLine(text)} (${paths.error})`);
      else for (const path of wordsOf(paths.value)) includeFile(path, include[1] === 'include', at);
      return true;
    }
    const exports = /^(export|unexport)\b(?!.*[:+?]?=)\s*(.*)$/.exec(text);
    if (exports !== null) {
      const list = wordsOf(exports[2]!);
      if (list.length === 0) note(at, `${text} (all variables): name those that the tasks need under env`);
      for (const name of list) exports[1] === 'export' ? exported.add(name) : exported.delete(name);
      return true;
    }
    if (/^(vpath|undefine|load)\b/.test(text)) {
      note(at, oneLine(text));
      return true;
    }
    // A line that is only a reference: $(eval …), $(info …), $(foreach …).
    if (/^\$[({]/.test(text) && indexOutside(text, ':') === -1 && indexOutside(text, '=') === -1) {
      if (!/^\$[({](info|warning|error)\b/.test(text)) note(at, oneLine(text));
      return true;
    }
    return false;
  }

  function includeFile(path: string, mustBeThere: boolean, at: string): void {
    // Dependencies that a compiler wrote down in an earlier build, found anew by other means.
    if (/\.(d|dep|depend|deps)$/.test(path)) return;
    const text = included.has(path) ? null : folder.read(path);
    if (text !== null) readFile(path, text);
    else if (mustBeThere) note(at, `include ${path} (it can't be read)`);
  }

  function assign(
    [, modifiers = '', rawName = '', operator = '', value = '']: RegExpExecArray,
    at: string,
  ): void {
    const name = expandText(rawName, structure);
    if (!name.ok) {
      note(at, `${rawName} (${name.error})`);
      return;
    }
    if (name.value === '.DEFAULT_GOAL') {
      goal = value.trim();
      return;
    }
    if (name.value === 'VPATH' || name.value === '.RECIPEPREFIX')
      note(at, `${name.value} (files are found by their paths only)`);
    if (modifiers.includes('export')) exported.add(name.value);
    const before = variables.get(name.value);
    const simple = (text: string): MakeVariable => {
      const expanded = expandText(text, names());
      // With $(shell …) in it: kept as it stands, for recipes, which a shell will read.
      return expanded.ok ? { value: expanded.value, isSimple: true } : { value: text, isSimple: false };
    };
    switch (operator) {
      case '?=':
        if (before === undefined) variables.set(name.value, { value, isSimple: false });
        return;
      case '+=': {
        const added = before?.isSimple === true ? simple(value) : { value, isSimple: false };
        const isSimple = before?.isSimple === true && added.isSimple;
        const old =
          before === undefined ? '' : isSimple || !before.isSimple ? before.value : dollars(before.value);
        variables.set(name.value, { value: old === '' ? added.value : `${old} ${added.value}`, isSimple });
        return;
      }
      case '!=':
        variables.set(name.value, { value: `$(shell ${value})`, isSimple: false });
        return;
      case '=':
        variables.set(name.value, { value, isSimple: false });
        return;
      default:
        variables.set(name.value, simple(value));
    }
  }

  function readRule(
    { text, comment }: LogicalLine,
    above: string,
    at: string,
  ): (MakeRule & { recipe: string[] | null }) | null {
    const colon = indexOutside(text, ':');
    if (colon === -1) {
      note(at, oneLine(text));
      return null;
    }
    const head = text.slice(0, colon).trim();
    const isGrouped = head.endsWith('&');
    const isDouble = text[colon + 1] === ':';
    let rest = text.slice(colon + (isDouble ? 2 : 1));
    const targets = expandText(isGrouped ? head.slice(0, -1) : head, structure);
    if (!targets.ok) {
      note(at, `${oneLine(text)} (${targets.error})`);
      return null;
    }
    const assignment = ASSIGNMENT.exec(rest.trim());
    if (assignment !== null && !/^\s*\S*[%:]/.test(assignment[2]!)) {
      note(at, `${oneLine(text)} (a variable of one target)`);
      return null;
    }
    const semicolon = indexOutside(rest, ';');
    const recipe = semicolon === -1 ? null : [rest.slice(semicolon + 1).trim()];
    if (semicolon !== -1) rest = rest.slice(0, semicolon);
    const second = indexOutside(rest, ':');
    const pattern = second === -1 ? null : expandText(rest.slice(0, second), structure);
    const prerequisites = expandText(second === -1 ? rest : rest.slice(second + 1), structure);
    if (!prerequisites.ok || pattern?.ok === false) {
      const error = prerequisites.ok ? (pattern as { error: string }).error : prerequisites.error;
      note(at, `${oneLine(text)} (${error})`);
      return null;
    }
    if (isDouble) note(at, `${oneLine(text)} (a rule with two colons, taken for one with one)`);
    const [normal = '', orderOnly = ''] = prerequisites.value.split(/(?:^|\s)\|(?:\s|$)/);
    const rule = {
      targets: wordsOf(targets.value).map(tidy),
      pattern: pattern === null ? null : pattern.value.trim(),
      prerequisites: wordsOf(normal).map(tidy),
      orderOnly: wordsOf(orderOnly).map(tidy),
      recipe,
      isGrouped,
      description: descriptionIn(comment, above),
      at,
    };
    return specialRule(rule) ? null : rule;
  }

  function specialRule({ targets, prerequisites, at }: MakeRule): boolean {
    const [first] = targets;
    if (first === undefined || !/^\.[A-Z_]+$/.test(first)) return false;
    special.add(first);
    if (first === '.PHONY') for (const name of prerequisites) phony.add(name);
    else if (['.NOTPARALLEL', '.EXPORT_ALL_VARIABLES', '.SECONDEXPANSION', '.IGNORE'].includes(first))
      note(at, first);
    return true;
  }

  const text = folder.read(file);
  if (text !== null) readFile(file, text);
  return { rules, variables, phony, goal, special, exported: [...exported], wildcards, structural, notes };
}

/** `./a` is `a`, as make has it too. */
function tidy(word: string): string {
  return word.replace(/^(\.\/+)+(?=.)/, '').replace(/\/{2,}/g, '/');
}

function dollars(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** What a comment says of a rule: `## text` behind it, or a line of words right above it. */
function descriptionIn(behind: string, above: string): string | null {
  const marked = /^#+\s*(.+)$/.exec(behind)?.[1];
  if (marked !== undefined) return marked.trim();
  const words = above.replace(/^#+\s*/, '').trim();
  return /^[A-Za-z][^=$:]{2,80}$/.test(words) && !/[-=#]{4}/.test(words) ? words.replace(/\.$/, '') : null;
}
