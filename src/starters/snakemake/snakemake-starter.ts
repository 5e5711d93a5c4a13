/**
 * A Snakefile as a pipeline: rules are tasks, wildcards a matrix of what the targets ask for. Reads it as text;
 * rules that are Python need Snakemake and are named.
 */
import { posix } from 'node:path';
import type { Folder } from '../folder.ts';
import { type JsonMap, pruned, readMap } from '../plain-data.ts';
import { type Note, pipelineName, type Starter, type StarterTask } from '../starter.ts';
import { findJobs, type Jobs } from './jobs.ts';
import { readSnakefile, type Snakefile } from './read-snakefile.ts';
import { filesOf, type RuleDraft, ruleTask } from './rule-task.ts';
import { type SnakeValue, type ValueScope, valueOfTokens } from './values.ts';
import { fillPattern } from './wildcards.ts';

const IGNORED = [
  'conda',
  'container',
  'singularity',
  'envmodules',
  'resources',
  'benchmark',
  'shadow',
  'group',
];

type Noting = (at: string, text: string) => void;

export async function snakemakeStarter(folder: Folder, file: string): Promise<Starter> {
  const yaml = await import('yaml');
  const notes: Note[] = [];
  const note: Noting = (at, text) => notes.push({ at, text });
  const snakefile = readWithIncludes(folder, file, new Set());
  let config: JsonMap = {};
  for (const { name, value, at } of snakefile.settings) {
    const path = value[0]?.kind === 'string' ? value[0].text : null;
    const map = name === 'configfile' && path !== null ? readMap(yaml, folder, path) : null;
    if (map !== null) config = { ...config, ...map };
    else if (!['localrules', 'wildcard_constraints', 'envvars'].includes(name)) note(at, name);
  }
  const names = new Map<string, SnakeValue>();
  const outputsOf = new Map<string, RuleDraft['outputs']>();
  const scope: ValueScope = {
    names,
    config,
    folder,
    output: (rule, part) => {
      const files = outputsOf.get(rule) ?? [];
      if (part === null) return files.length === 0 ? undefined : files.map(({ pattern }) => pattern);
      return files.find(({ name }, at) => name === part || String(at) === part)?.pattern;
    },
  };
  for (const { names: targets, value } of snakefile.assignments) {
    const read = valueOfTokens(value, scope);
    if (!read.ok) continue;
    const [only, ...others] = targets;
    const isUnpacked = others.length > 0 || value.some(({ text }) => text === 'glob_wildcards');
    if (isUnpacked && Array.isArray(read.value) && !value.some(({ text }, at) => text === '.' && at > 0))
      for (const [at, name] of targets.entries()) names.set(name, (read.value as SnakeValue[])[at] ?? []);
    else names.set(only!, read.value);
  }

  const drafts = draftsOf(snakefile, scope, outputsOf, note);
  const jobs = findJobs(
    drafts.map(({ rule, inputs, outputs }) => ({
      name: rule.name,
      inputs: inputs.map(({ pattern }) => pattern),
      outputs: outputs.map(({ pattern }) => pattern),
    })),
    (path) => folder.kindOf(path) !== null,
  );
  const used: (readonly string[])[] = [];
  const tasks = drafts.flatMap((draft): StarterTask[] => {
    const { rule } = draft;
    const wanted = jobs.ofRule.get(rule.name)!;
    if (wanted.length === 0) {
      note(rule.at, `rule ${rule.name}: nothing that is asked for is made by it`);
      return [];
    }
    const isGroup = !['shell', 'script', 'run', 'notebook', 'wrapper', 'cwl'].some((name) =>
      rule.directives.has(name),
    );
    if (isGroup) return [{ name: rule.name, needs: makersOf(draft, jobs) }];
    const task = ruleTask(draft, {
      scope,
      jobs: wanted,
      usedConfig: (keys) => used.push(keys),
      root: folder.root,
    });
    if (task.ok) return [task.value];
    note(rule.at, `rule ${rule.name}: ${task.error}`);
    return [];
  });
  noteIgnored(drafts, note);
  const known = new Set(tasks.map(({ name }) => name));
  const withKnownNeeds = tasks.map((task) =>
    task.needs === undefined ? task : { ...task, needs: task.needs.filter((name) => known.has(name)) },
  );
  const params = Object.entries(pruned(config, used)).map(([name, value]) => ({ name, value }));
  const first = snakefile.rules[0]?.name;
  return {
    kind: 'snakemake',
    from: file,
    name: pipelineName(folder.root),
    default:
      first !== undefined && known.has(first) ? [first] : withKnownNeeds.slice(-1).map(({ name }) => name),
    lessons: [
      "A rule is a task, its wildcards are a matrix: cells are named as in 'align[sample=a]'. Files are targets, too.",
      'The values of wildcards are those that the targets ask for now: a new sample is added to the matrix.',
    ],
    params,
    ...(params.length > 0
      ? { paramComments: ['values of the config file that commands are given: set here now, or by a flag'] }
      : {}),
    shell: ['bash', '-euo', 'pipefail', '-c'],
    tasks: withKnownNeeds,
    notes,
  };
}

/** With the files that it includes by a literal path: their names come first, their rules last. */
function readWithIncludes(folder: Folder, file: string, seen: Set<string>): Snakefile {
  seen.add(file);
  const own = readSnakefile(folder.read(file) ?? '', file);
  const rest: Snakefile['settings'][number][] = [];
  const included: Snakefile[] = [];
  for (const setting of own.settings) {
    const [path, ...others] = setting.value;
    const target = path?.kind === 'string' && !path.isFormat && others.length === 0 ? path.text : null;
    const found = target === null ? null : posix.join(posix.dirname(file), target);
    if (setting.name !== 'include' || found === null || folder.kindOf(found) !== 'file') rest.push(setting);
    else if (!seen.has(found)) included.push(readWithIncludes(folder, found, seen));
  }
  return {
    rules: [...own.rules, ...included.flatMap(({ rules }) => rules)],
    assignments: [...included.flatMap(({ assignments }) => assignments), ...own.assignments],
    settings: [...rest, ...included.flatMap(({ settings }) => settings)],
  };
}

function draftsOf(
  { rules }: Snakefile,
  scope: ValueScope,
  outputsOf: Map<string, RuleDraft['outputs']>,
  note: Noting,
): readonly RuleDraft[] {
  const withOutputs = rules.flatMap((rule) => {
    const outputs = filesOf(rule.directives.get('output'), scope);
    if (!outputs.ok) {
      note(rule.at, `rule ${rule.name}: its output is ${outputs.error}`);
      return [];
    }
    outputsOf.set(rule.name, outputs.value);
    return [{ rule, outputs: outputs.value }];
  });
  return withOutputs.flatMap(({ rule, outputs }) => {
    const inputs = filesOf(rule.directives.get('input'), scope);
    if (inputs.ok) return [{ rule, inputs: inputs.value, outputs }];
    note(rule.at, `rule ${rule.name}: its input is ${inputs.error}`);
    return [];
  });
}

/** The rules that make what a rule without a command stands for. */
function makersOf({ inputs }: RuleDraft, jobs: Jobs): readonly string[] {
  const makers = inputs.flatMap(
    ({ pattern }) => jobs.makerOf(fillPattern(pattern, (name) => `{${name}}`)) ?? [],
  );
  return [...new Set(makers)];
}

function noteIgnored(drafts: readonly RuleDraft[], note: Noting): void {
  const temporary = drafts.filter(({ outputs }) => outputs.some(({ flags }) => flags.includes('temp')));
  if (temporary.length > 0)
    note(
      temporary[0]!.rule.at,
      `temp(…) of ${temporary.map(({ rule }) => rule.name).join(', ')} (the files stay)`,
    );
  for (const name of IGNORED) {
    const having = drafts.filter(({ rule }) => rule.directives.has(name));
    const [first] = having;
    if (first === undefined) continue;
    const advice = ['conda', 'container', 'singularity', 'envmodules'].includes(name)
      ? ' (have what the commands need on the PATH)'
      : '';
    note(first.rule.at, `${name} of ${having.map(({ rule }) => rule.name).join(', ')}${advice}`);
  }
}
