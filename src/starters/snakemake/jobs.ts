/** Which jobs a Snakefile asks for: back from the targets, each file by the rule whose output matches it. Touches no disk. */
import { fillPattern, matchPattern, wildcardsIn } from './wildcards.ts';

export type Wildcards = Readonly<Record<string, string>>;

export interface RulePaths {
  readonly name: string;
  /** Patterns. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface Jobs {
  /** By rule: the values of its wildcards, once for each job. */
  readonly ofRule: ReadonlyMap<string, readonly Wildcards[]>;
  /** The rule that makes a file. */
  readonly makerOf: (path: string) => string | null;
}

const MOST_JOBS = 10_000;
/** Rules that lead to each other without end are followed so far. */
const MOST_LEVELS = 20;
const MOST_CHECKS = 10_000;

/** `exists`: is there a file of this name now? */
export function findJobs(rules: readonly RulePaths[], exists: (path: string) => boolean): Jobs {
  const ofRule = new Map<string, Wildcards[]>(rules.map(({ name }) => [name, []]));
  const keys = new Set<string>();
  const makers = new Map<string, string | null>();

  function makerOf(path: string): string | null {
    const known = makers.get(path);
    if (known !== undefined) return known;
    const candidates = rules.filter((rule) => matchOf(rule, path) !== null);
    // As Snakemake does: a rule whose input nobody has isn't meant. Of the others, one without wildcards.
    const able = candidates.length > 1 ? candidates.filter((rule) => canRun(rule, path, 0)) : candidates;
    const [first] = able.length > 0 ? able : candidates;
    const rule = able.find(({ outputs }) => outputs.includes(path)) ?? first;
    makers.set(path, rule?.name ?? null);
    return rule?.name ?? null;
  }

  let checks = 0;
  function canRun(rule: RulePaths, path: string, level: number): boolean {
    if (++checks > MOST_CHECKS) return false;
    const wildcards = matchOf(rule, path) ?? {};
    return rule.inputs.every((pattern) => {
      const input = fillPattern(pattern, (name) => wildcards[name] ?? `{${name}}`);
      if (exists(input)) return true;
      return (
        level < MOST_LEVELS &&
        rules.some((each) => matchOf(each, input) !== null && canRun(each, input, level + 1))
      );
    });
  }

  function addJob(rule: RulePaths, wildcards: Wildcards): void {
    const key = JSON.stringify([rule.name, wildcards]);
    if (keys.has(key) || keys.size >= MOST_JOBS) return;
    keys.add(key);
    ofRule.get(rule.name)!.push(wildcards);
    for (const pattern of rule.inputs) ask(fillPattern(pattern, (name) => wildcards[name] ?? `{${name}}`));
  }

  function ask(path: string): void {
    const name = makerOf(path);
    const rule = rules.find((each) => each.name === name);
    const wildcards = rule === undefined ? null : matchOf(rule, path);
    if (rule !== undefined && wildcards !== null) addJob(rule, wildcards);
  }

  // Targets are rules whose outputs have no wildcards; the first rule is the usual one.
  for (const rule of rules)
    if (rule.outputs.every((path) => wildcardsIn(path).length === 0)) addJob(rule, {});
  return { ofRule, makerOf };
}

/** The wildcards with which the rule makes the file; null where it doesn't. */
function matchOf({ outputs }: RulePaths, path: string): Wildcards | null {
  for (const pattern of outputs) {
    const wildcards = matchPattern(pattern, path);
    if (wildcards !== null) return wildcards;
  }
  return null;
}

/** Jobs as a matrix: the values of each wildcard where every combination is asked for, else a list of them. */
export function matrixOf(
  jobs: readonly Wildcards[],
): Readonly<Record<string, readonly (string | Wildcards)[]>> {
  const names = Object.keys(jobs[0] ?? {});
  const axes = Object.fromEntries(
    names.map((name) => [name, [...new Set(jobs.map((wildcards) => wildcards[name]!))]]),
  );
  const combinations = names.reduce((count, name) => count * axes[name]!.length, 1);
  return combinations === jobs.length ? axes : { include: jobs };
}
