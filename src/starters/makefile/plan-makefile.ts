/**
 * From rules to things to make, as make's second phase finds them: each explicit target with all that its rules
 * say, and what pattern rules, the user's and make's own for C and C++, must make for them. Runs nothing.
 */
import type { Folder } from '../folder.ts';
import type { Note } from '../starter.ts';
import { stemOf } from './functions.ts';
import { type Makefile, type MakeRule, readMakefile } from './read-makefile.ts';

export interface Goal {
  /** One command makes all of them. */
  readonly targets: readonly string[];
  /** In make's order, `$<` first, each once. */
  readonly prerequisites: readonly string[];
  readonly orderOnly: readonly string[];
  /** null: a name for its prerequisites. */
  readonly recipe: readonly string[] | null;
  readonly isPhony: boolean;
  /** The rule that gives the recipe, else the first one. */
  readonly rule: MakeRule;
  /** What `%` stands for, null without a pattern. */
  readonly stem: string | null;
}

export interface MakePlan {
  readonly goals: readonly Goal[];
  /** The target of `make` without any. */
  readonly default: string | null;
  readonly notes: readonly Note[];
}

/** make's own rules that projects rely on without writing them. */
const BUILT_IN = `
%.o: %.c
	$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<
%.o: %.cc
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -c -o $@ $<
%.o: %.cpp
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -c -o $@ $<
%: %.o
	$(CC) $(LDFLAGS) $^ $(LOADLIBES) $(LDLIBS) -o $@
%: %.c
	$(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $^ $(LOADLIBES) $(LDLIBS) -o $@
%: %.cc
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $^ $(LOADLIBES) $(LDLIBS) -o $@
%: %.cpp
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $^ $(LOADLIBES) $(LDLIBS) -o $@
`;

/** Pattern rules chain at most so far. */
const MOST_CHAIN = 6;

export function planMakefile(makefile: Makefile, folder: Folder): MakePlan {
  const notes: Note[] = [];
  const plain = makefile.rules.filter((rule) => !isPatternRule(rule) && suffixRule(rule) === null);
  const patterns = [
    ...makefile.rules.flatMap((rule) => (isPatternRule(rule) ? [rule] : (suffixRule(rule) ?? []))),
    ...builtInRules(),
  ].filter(({ recipe }) => recipe !== null);
  const byTarget = new Map<string, MakeRule[]>();
  for (const rule of plain)
    for (const target of rule.targets) {
      const known = byTarget.get(target);
      if (known === undefined) byTarget.set(target, [rule]);
      else known.push(rule);
    }

  const isThere = (path: string) => folder.kindOf(path) !== null;
  const goals = new Map<string, Goal | null>();

  /** The pattern rule for a target, whose prerequisites are there or can be made. */
  function implicit(target: string, chain: readonly MakeRule[]): { rule: MakeRule; stem: string } | null {
    const matching = patterns.flatMap((rule) =>
      rule.targets.flatMap((pattern) => {
        const stem = stemFor(pattern, target);
        return stem === null || chain.includes(rule) ? [] : [{ rule, stem, length: stem.length }];
      }),
    );
    matching.sort((a, b) => a.length - b.length);
    const fits = matching.find(({ rule, stem }) =>
      rule.prerequisites.every((pattern) => {
        const path = pattern.replace('%', () => stem);
        return (
          isThere(path) ||
          byTarget.has(path) ||
          (chain.length < MOST_CHAIN && implicit(path, [...chain, rule]) !== null)
        );
      }),
    );
    return fits ?? null;
  }

  function visit(target: string): void {
    if (goals.has(target)) return;
    goals.set(target, null);
    const rules = byTarget.get(target) ?? [];
    const isPhony = makefile.phony.has(target);
    const withRecipe = rules.filter(({ recipe }) => recipe !== null).at(-1);
    const found = withRecipe === undefined && !isPhony ? implicit(target, []) : null;
    const prerequisites = [
      ...(found === null ? [] : filled(found.rule, found.stem)),
      // A rule with the recipe comes first: its first prerequisite is `$<`.
      ...[...rules]
        .sort((a, b) => Number(b === withRecipe) - Number(a === withRecipe))
        .flatMap((rule) => {
          const stem = rule.pattern === null ? null : stemFor(rule.pattern, target);
          return stem === null ? rule.prerequisites : filled(rule, stem);
        }),
    ];
    const rule = found?.rule ?? withRecipe ?? rules[0];
    if (rule === undefined) {
      goals.delete(target);
      return;
    }
    const stem = found?.stem ?? (rule.pattern === null ? null : stemFor(rule.pattern, target));
    const together = found !== null && rule.targets.length > 1 ? filledTargets(rule, found.stem) : null;
    const grouped =
      found === null && rule === withRecipe && !isPhony && isOneCommand(rule) ? rule.targets : null;
    const targets = together ?? grouped ?? [target];
    const goal: Goal = {
      targets,
      prerequisites: [...new Set(prerequisites)],
      orderOnly: [...new Set([...(found?.rule.orderOnly ?? []), ...rules.flatMap((each) => each.orderOnly)])],
      recipe: rule.recipe ?? null,
      isPhony,
      rule,
      stem,
    };
    if (goal.recipe === null && goal.prerequisites.length === 0 && !isPhony && isThere(target)) {
      goals.delete(target);
      return;
    }
    goals.set(target, goal);
    for (const other of targets) if (other !== target) goals.set(other, null);
    for (const path of [...goal.prerequisites, ...goal.orderOnly]) visit(path);
  }

  for (const target of byTarget.keys()) visit(target);
  for (const pattern of patterns) {
    const isOwn = makefile.rules.includes(pattern) || pattern.at !== '';
    if (isOwn && ![...goals.values()].some((goal) => goal?.rule === pattern))
      notes.push({
        at: pattern.at,
        text: `${pattern.targets.join(' ')}: nothing that is asked for is made by it`,
      });
  }
  const first = plain.find(({ targets }) => targets.some((name) => !/^\.[^/]*$/.test(name)))?.targets[0];
  return {
    goals: [...goals.values()].flatMap((goal) => goal ?? []),
    default: makefile.goal ?? first ?? null,
    notes,
  };
}

/** Written `a b &: c`, or a recipe that says the same for each target: then it makes all of them. */
function isOneCommand({ targets, pattern, recipe, isGrouped }: MakeRule): boolean {
  if (targets.length < 2 || pattern !== null) return false;
  return isGrouped || recipe?.every((line) => !/\$([@*]|[({][@*])/.test(line)) === true;
}

function isPatternRule({ targets, pattern }: MakeRule): boolean {
  return pattern === null && targets.some((target) => target.includes('%'));
}

/** `.c.o:` is `%.o: %.c`. */
function suffixRule(rule: MakeRule): MakeRule | null {
  const match = /^(\.[A-Za-z]\w*)(\.[A-Za-z]\w*)$/.exec(rule.targets[0] ?? '');
  if (match === null || rule.targets.length > 1 || rule.prerequisites.length > 0 || rule.recipe === null)
    return null;
  return { ...rule, targets: [`%${match[2]}`], prerequisites: [`%${match[1]}`] };
}

/** What `%` stands for. A pattern without a folder also matches in one, which then belongs to the stem. */
function stemFor(pattern: string, target: string): string | null {
  if (!pattern.includes('%')) return null;
  if (pattern.includes('/') || !target.includes('/')) return nonEmpty(stemOf(pattern, target));
  const slash = target.lastIndexOf('/') + 1;
  const stem = nonEmpty(stemOf(pattern, target.slice(slash)));
  return stem === null ? null : target.slice(0, slash) + stem;
}

function nonEmpty(stem: string | null): string | null {
  return stem === '' ? null : stem;
}

function filled(rule: MakeRule, stem: string): readonly string[] {
  return rule.prerequisites.map((path) => path.replace('%', () => stem));
}

function filledTargets(rule: MakeRule, stem: string): readonly string[] {
  return rule.targets.map((path) => path.replace('%', () => stem));
}

function builtInRules(): readonly MakeRule[] {
  const nowhere: Folder = {
    root: '/',
    files: () => [],
    kindOf: () => null,
    read: () => BUILT_IN,
    match: () => [],
  };
  return readMakefile(nowhere, 'make').rules.map((rule) => ({ ...rule, at: '' }));
}
