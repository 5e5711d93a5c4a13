/** Which jobs a Snakefile asks for: back from the targets, each file by the rule whose output matches it. Pure. */
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

export function findJobs(rules: readonly RulePaths[]): Jobs {
  const ofRule = new Map<string, Wildcards[]>(rules.map(({ name }) => [name, []]));
  const keys = new Set<string>();
  const makers = new Map<string, string | null>();

  function makerOf(path: string): string | null {
    const known = makers.get(path);
    if (known !== undefined) return known;
    const rule = rules.find(({ outputs }) => outputs.some((pattern) => matchPattern(pattern, path) !== null));
    makers.set(path, rule?.name ?? null);
    return rule?.name ?? null;
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
    const pattern = rule?.outputs.find((each) => matchPattern(each, path) !== null);
    if (rule !== undefined && pattern !== undefined) addJob(rule, matchPattern(pattern, path)!);
  }

  // Targets are rules whose outputs have no wildcards; the first rule is the usual one.
  for (const rule of rules)
    if (rule.outputs.every((path) => wildcardsIn(path).length === 0)) addJob(rule, {});
  return { ofRule, makerOf };
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
