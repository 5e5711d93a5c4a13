/**
 * Variables: the user's environment, then the `env` of the pipeline, of its defaults and of the task. Each level
 * sees the ones before it through `env.NAME`, so that `PATH: "/opt/bin:${{ env.PATH }}"` means what it says.
 */
import type { Template } from '../model/expression.ts';
import type { DeclaredVariable, EnvView, PipelineDraft, TaskEnv } from './draft.ts';
import { type Filling, fillText, fold } from './fill.ts';
import { child, entriesOf, type MapEntry, type MapNode, type ScalarNode } from './yaml-node.ts';

export function userEnv(environment: Readonly<Record<string, string | undefined>>): EnvView {
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) values[name] = value;
  return { values: () => values, unknown: new Set(), declared: new Set() };
}

/** What is declared for a task (null: for the pipeline's own texts), with the values that are known already. */
export function declareEnv(
  pipeline: Pick<PipelineDraft, 'root'>,
  task: MapNode | null,
  user: EnvView,
  fillingWith: (env: EnvView) => Filling,
): TaskEnv {
  const levels = [child(pipeline.root, 'env')];
  if (task !== null) levels.push(child(child(pipeline.root, 'defaults'), 'env'), child(task, 'env'));
  const declared = new Map<string, DeclaredVariable>();
  let view = user;
  for (const level of levels) {
    const entries = entriesOf(level);
    if (entries.length === 0) continue;
    const below = view;
    const filling = fillingWith(below);
    for (const entry of entries) {
      const node = scalarOf(entry);
      if (node === null) continue;
      const read = filling.texts.read(node, 'raw');
      const isKnown = read?.mentions.every((mention) => filling.scope.isStatic(mention)) ?? false;
      declared.set(entry.key, { entry, below, value: isKnown ? fillText(node, filling) : null });
    }
    view = viewOf(user, new Map(declared));
  }
  return { view, declared };
}

function viewOf(user: EnvView, declared: ReadonlyMap<string, DeclaredVariable>): EnvView {
  let values: Record<string, string> | null = null;
  return {
    values() {
      if (values === null) {
        values = Object.assign(Object.create(null) as Record<string, string>, user.values());
        for (const [name, { value }] of declared) if (value !== null) values[name] = value;
      }
      return values;
    },
    unknown: new Set([...declared].filter(([, { value }]) => value === null).map(([name]) => name)),
    declared: new Set(declared.keys()),
  };
}

/** The declared variables as templates, and what they mention, into `fillingWith`'s mentions. */
export function foldEnv(
  { declared }: TaskEnv,
  fillingWith: (env: EnvView) => Filling,
): Readonly<Record<string, Template>> {
  const env: Record<string, Template> = {};
  for (const [name, { entry, below }] of declared) {
    const node = scalarOf(entry);
    const template = node === null ? null : fold(node, 'raw', fillingWith(below));
    if (template !== null) env[name] = template;
  }
  return env;
}

function scalarOf({ value }: MapEntry): ScalarNode | null {
  return value.kind === 'scalar' && value.value !== null ? value : null;
}
