/**
 * What expressions can see while a pipeline is loaded, and which of it is known already. Parameters, matrix
 * values, variables and literal paths are; whatever a run decides isn't.
 */
import type { JsonValue } from '../model/ids.ts';
import type { EnvView, PipelineDraft, TaskDraft } from './draft.ts';
import type { Mention, Scope } from './expression/index.ts';
import { joinPathValues, type PathValue, pathValue } from './path-values.ts';

export interface StaticScope extends Scope {
  isStatic(mention: Mention): boolean;
  /** The subjects of the file (as in `Problems.doubt`) that give what is mentioned. */
  subjectsOf(mention: Mention): readonly string[];
}

/** What all tasks of a load share. */
export interface LoadSurroundings {
  /** The user's environment. */
  readonly env: EnvView;
  /** Gets the name of every variable that an expression read. */
  readonly environmentUsed: Set<string>;
  /** `run.date`. */
  readonly today: string;
}

export interface KnownPaths {
  /** Working directory that paths are rendered relative to, '' for the root. */
  readonly dir: string;
  readonly needs: boolean;
  readonly inputs: boolean;
  readonly outputs: boolean;
}

export const NOTHING_KNOWN: KnownPaths = { dir: '', needs: false, inputs: false, outputs: false };

export function taskScope(
  draft: TaskDraft,
  around: LoadSurroundings,
  known: KnownPaths,
  env: EnvView = draft.env.view,
): StaticScope {
  const inputs = lazily(() => pathValue(draft.inputs, known.dir));
  const outputs = lazily(() => pathValue(draft.outputs, known.dir));
  const needed = new Map<string, PathValue>();
  const outputsOf = (name: string): PathValue | null => {
    const tasks = draft.neededByName.get(name);
    if (tasks === undefined) return null;
    let value = needed.get(name);
    if (value === undefined) {
      value = joinPathValues(tasks.map((task) => pathValue(task.outputs, known.dir)));
      needed.set(name, value);
    }
    return value;
  };
  const needsValue = lazily((): JsonValue => {
    const map: Record<string, JsonValue> = Object.create(null);
    for (const name of draft.neededByName.keys()) map[name] = { outputs: outputsOf(name)?.value ?? [] };
    return map;
  });
  const shared = sharedScope(draft.in, env, around);
  return {
    get(root) {
      if (root === 'matrix') return draft.cell ?? {};
      if (root === 'task') return draft.label;
      if (root === 'inputs') return known.inputs ? inputs().value : undefined;
      if (root === 'outputs') return known.outputs ? outputs().value : undefined;
      if (root === 'needs') return known.needs ? needsValue() : undefined;
      return shared.get(root);
    },
    isStatic(mention) {
      const [root, first = null, second, third = null] = mention.path;
      if (root === 'matrix' || root === 'task') return true;
      if (root === 'inputs') return known.inputs && inputs().isKnown(first);
      if (root === 'outputs') return known.outputs && outputs().isKnown(first);
      if (root === 'needs')
        return (
          known.needs && first !== null && second === 'outputs' && (outputsOf(first)?.isKnown(third) ?? false)
        );
      return shared.isStatic(mention);
    },
    subjectsOf(mention) {
      const [root, first] = mention.path;
      const own = (...fields: readonly string[]) => fields.map((field) => `tasks.${draft.name}.${field}`);
      if (root === 'inputs' || root === 'matrix') return own(root);
      if (root === 'outputs') return own('outputs', 'metrics');
      if (root === 'env') return [...own('env'), 'defaults.env', 'env'];
      if (root !== 'needs' && root !== 'metrics') return shared.subjectsOf(mention);
      const named = first === undefined ? [] : [`tasks.${first}.outputs`, `tasks.${first}.metrics`];
      return [...own('needs', 'upstream_tasks'), ...named];
    },
  };
}

/** What doesn't depend on a task: for texts of the pipeline itself, such as `header` and `summary`. */
export function sharedScope(
  { name, paramValues }: Pick<PipelineDraft, 'name' | 'paramValues'>,
  env: EnvView,
  around: LoadSurroundings,
): StaticScope {
  return {
    get(root) {
      if (root === 'params') return paramValues;
      if (root === 'env') return env.values();
      if (root === 'pipeline') return name;
      return root === 'run' ? { date: around.today } : undefined;
    },
    isStatic({ path: [root, first] }) {
      if (root === 'params' || root === 'pipeline') return true;
      if (root === 'run') return first === 'date';
      if (root !== 'env' || first === undefined || env.unknown.has(first)) return false;
      if (!env.declared.has(first)) around.environmentUsed.add(first);
      return true;
    },
    subjectsOf({ path: [root = '', first] }) {
      return [first === undefined || root !== 'params' ? root : `params.${first}`];
    },
  };
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
