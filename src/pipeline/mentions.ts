/** What follows from the names that a task mentions: which values it receives, and what it mustn't mention. */

import { nearest } from '../base/nearest.ts';
import type { JsonValue } from '../model/ids.ts';
import type { TaskDraft } from './draft.ts';
import type { Mention } from './expression/index.ts';
import type { TaskIndex } from './needs.ts';
import type { Problems } from './problems.ts';
import type { Upstream } from './upstream.ts';

export interface MentionCheck {
  readonly problems: Problems;
  readonly index: TaskIndex<TaskDraft>;
  readonly upstreamOf: (draft: TaskDraft) => Upstream;
  readonly cacheable: boolean;
  readonly secrets: readonly string[];
}

export function checkMentions(draft: TaskDraft, check: MentionCheck): void {
  const { problems, secrets, cacheable } = check;
  const isDoubtful = (field: string) =>
    problems.isDoubtful(draft.in.source.path, `tasks.${draft.name}.${field}`);
  const hasUnknownNeeds = isDoubtful('needs') || isDoubtful('upstream_tasks') || isDoubtful('inputs');
  for (const mention of draft.mentions) {
    const { path, position } = mention;
    const [root, name] = path;
    if (root === 'secrets' && !isDoubtful('secrets') && (name === undefined || !secrets.includes(name)))
      problems.error(
        'unknown-secret',
        position,
        name === undefined
          ? 'secrets needs the name of a secret'
          : `${draft.name} doesn't declare the secret ${name}`,
        {
          hint: name === undefined ? 'write secrets.NAME' : secretHint(name, secrets),
        },
      );
    if (root === 'run' && cacheable && (name === 'id' || name === undefined))
      problems.error(
        'run-id-in-key',
        position,
        `run.id is another one in every run: ${draft.name} could never be up to date`,
        {
          hint: 'remove it, or set `cache: false`',
        },
      );
    if ((root === 'needs' || root === 'metrics') && name !== undefined && !hasUnknownNeeds)
      checkUpstream(draft, root, name, mention, check);
  }
}

function secretHint(name: string, secrets: readonly string[]): string {
  const close = nearest(name, secrets);
  const add = `add it: secrets: [${[...secrets, name].join(', ')}]`;
  return close === null ? add : `did you mean secrets.${close}? Else ${add}`;
}

/** `read_json` reads declared inputs only: what else it read could change without a trace in the key. */
export function checkReads(draft: TaskDraft, problems: Problems): void {
  const inputs = draft.inputs.filter((input) => !input.negated);
  // What globs match is known only when the files are there.
  if (inputs.some((input) => input.kind === 'glob')) return;
  const needed = [...draft.neededByName.values()].flat().flatMap((task) => task.outputs);
  for (const { path, position } of draft.reads) {
    const read = path?.replace(/^\.\//, '') ?? null;
    if (
      read === null ||
      [...inputs, ...needed].some((spec) => spec.path === read || read.startsWith(`${spec.path}/`))
    )
      continue;
    problems.error('bad-expression', position, `${draft.name} reads ${read}, which isn't among its inputs`, {
      hint: `add ${read} to the inputs of ${draft.name}`,
    });
  }
}

/**
 * `needs.t` and `metrics.t` want t upstream. What needs and literal paths prove is accepted, and what folders
 * and globs might still bring is left to the run. `metrics.rmse`, a metric's own name, is looked up there too.
 */
function checkUpstream(
  draft: TaskDraft,
  root: string,
  name: string,
  { position, dynamic, path }: Mention,
  check: MentionCheck,
): void {
  const { problems, index, upstreamOf } = check;
  if (draft.neededByName.has(name) || (dynamic && path.length < 2)) return;
  const colon = name.indexOf(':');
  const cells =
    colon === -1
      ? index.cellsOf(draft.pipeline, name)
      : index.cellsOf(name.slice(0, colon), name.slice(colon + 1));
  if (cells.length === 0) {
    if (root === 'metrics') return;
    const close = nearest(name, draft.neededByName.keys());
    problems.error(
      'unknown-task',
      position,
      `there is no task ${JSON.stringify(name)} in ${draft.pipeline}`,
      {
        hint: close === null ? null : `did you mean needs.${close}?`,
      },
    );
    return;
  }
  const { tasks, isComplete } = upstreamOf(draft);
  if (isComplete && !cells.some((cell) => tasks.has(cell)))
    problems.error(
      'not-upstream',
      position,
      `${draft.name} mentions ${root}.${name}, but ${name} isn't upstream of it`,
      {
        hint: `add ${name} to the needs of ${draft.name}`,
      },
    );
}

/** Values of the parameters that a task mentions or lists, by dotted name. Unknown names are reported. */
export function receivedParams(
  draft: TaskDraft,
  listed: readonly { readonly name: string; readonly position: Mention['position'] }[],
  problems: Problems,
): Readonly<Record<string, JsonValue>> {
  const all = draft.in.paramValues;
  const received = new Map<string, JsonValue>();
  const receive = (path: readonly string[]): boolean => {
    // As deep as maps go: `params.years[0]` receives `years`.
    let value: JsonValue = all as JsonValue;
    const name: string[] = [];
    for (const key of path) {
      if (!isMap(value)) break;
      if (!Object.hasOwn(value, key)) return false;
      value = value[key]!;
      name.push(key);
    }
    if (name.length > 0) received.set(name.join('.'), value);
    return true;
  };
  for (const { path } of draft.mentions) {
    if (path[0] !== 'params') continue;
    // `params` as a whole, or with a computed name, may be any of them.
    if (path.length === 1) for (const name of Object.keys(all)) receive([name]);
    else receive(path.slice(1));
  }
  for (const { name, position } of listed)
    if (!receive(name.split('.')) && !problems.isDoubtful(draft.in.source.path, `params.${name}`)) {
      const close = nearest(name, Object.keys(all));
      problems.error(
        'unknown-parameter',
        position,
        `there is no parameter ${JSON.stringify(name)} in ${draft.pipeline}`,
        {
          hint: close === null ? 'declare it under `params` of the pipeline' : `did you mean ${close}?`,
        },
      );
    }
  return Object.fromEntries([...received].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function mentionedMatrix({ cell, mentions }: TaskDraft): Readonly<Record<string, JsonValue>> {
  if (cell === null) return {};
  const names = new Set<string>();
  for (const { path } of mentions)
    if (path[0] === 'matrix')
      for (const name of path[1] === undefined ? Object.keys(cell) : [path[1]]) names.add(name);
  return Object.fromEntries(Object.entries(cell).filter(([name]) => names.has(name)));
}

function isMap(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
