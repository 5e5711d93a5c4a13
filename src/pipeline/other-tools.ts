/**
 * Recognises whole files of other tools, so that one message says what the file is instead of thirty that say what
 * it isn't. Only files that are no pipeline of orch by their shape are looked at; where nothing is recognised, the
 * ordinary checks go on.
 */
import { nearest } from '../base/nearest.ts';
import type { Schema } from './schema.ts';
import type { Span } from './source-file.ts';
import { child, entriesOf, itemsOf, textOf, type YamlNode } from './yaml-node.ts';

export interface OtherTool {
  /** `a dvc.yaml of DVC` */
  readonly what: string;
  /** What its words are called here, and what to do. */
  readonly hint: string;
  readonly span: Span;
}

const BEGIN = '`orch init` writes an orch.yaml to begin with';

interface Shape {
  readonly what: string;
  readonly words: string;
  /** The key by which it is recognised; null: it isn't this one. */
  readonly evidence: (root: YamlNode) => string | null;
}

const has = (root: YamlNode | null, key: string) => child(root, key) !== null;
const values = (node: YamlNode | null) => entriesOf(node).map(({ value }) => value);
const some = (node: YamlNode | null, ...keys: readonly string[]) =>
  values(node).some((value) => keys.some((key) => has(value, key)));
const isMap = (node: YamlNode | null) => node?.kind === 'map';
const isList = (node: YamlNode | null) => node?.kind === 'list';

/** In this order: the first that fits is named. */
const SHAPES: readonly Shape[] = [
  {
    what: 'a dvc.yaml of DVC',
    words: 'stages are `tasks`, cmd is `run`, deps are `inputs`, outs are `outputs`',
    evidence: (root) =>
      isMap(child(root, 'stages')) && some(child(root, 'stages'), 'cmd', 'foreach', 'matrix')
        ? 'stages'
        : null,
  },
  {
    what: 'a GitHub Actions workflow',
    words: 'jobs are `tasks`, steps are the lines of `run`, needs is `needs`, strategy.matrix is `matrix`',
    evidence: (root) =>
      isMap(child(root, 'jobs')) &&
      (has(root, 'on') || some(child(root, 'jobs'), 'runs-on', 'uses')) &&
      !has(root, 'orbs')
        ? 'jobs'
        : null,
  },
  {
    what: 'a GitHub action',
    words: 'an action has steps, a pipeline `tasks` with `run`',
    evidence: (root) => (has(child(root, 'runs'), 'using') ? 'runs' : null),
  },
  {
    what: 'a CircleCI configuration',
    words: 'jobs are `tasks`, steps are the lines of `run`, requires is `needs`',
    evidence: (root) =>
      isMap(child(root, 'jobs')) &&
      (has(root, 'workflows') || has(root, 'orbs') || some(child(root, 'jobs'), 'docker', 'machine'))
        ? 'jobs'
        : null,
  },
  {
    what: 'a docker-compose file',
    words:
      'services run on, tasks end: start a container in the `run` of a task, as in docker compose run NAME',
    evidence: (root) =>
      some(child(root, 'services'), 'image', 'build', 'container_name') ? 'services' : null,
  },
  {
    what: 'a Kubernetes or Argo manifest',
    words: 'steps and templates are `tasks`, command and args are `run`, dependencies is `needs`',
    evidence: (root) => (has(root, 'apiVersion') && has(root, 'kind') ? 'apiVersion' : null),
  },
  {
    what: 'a Snakefile of Snakemake',
    words:
      'rules are `tasks`, input and output are `inputs` and `outputs`, shell is `run`, wildcards are a `matrix`',
    evidence: (root) => keyLike(root, /^(rule|checkpoint)\s+\w+$/),
  },
  {
    what: 'a Taskfile of go-task',
    words:
      'cmds are the lines of `run`, sources are `inputs`, generates is `outputs`, deps is `needs`, vars are `params`',
    evidence: (root) => {
      const tasks = child(root, 'tasks');
      const isVersion3 = /^3/.test(textOf(child(root, 'version')) ?? '') && entriesOf(tasks).length > 0;
      return isMap(tasks) && !some(tasks, 'run') && (isVersion3 || some(tasks, 'cmds', 'generates'))
        ? 'tasks'
        : null;
    },
  },
  {
    what: 'a package.json of npm',
    words: 'scripts are `tasks`, each with its command as `run`',
    evidence: (root) =>
      isMap(child(root, 'scripts')) &&
      (has(root, 'dependencies') || has(root, 'devDependencies') || has(root, 'name'))
        ? 'scripts'
        : null,
  },
  {
    what: 'a turbo.json of Turborepo',
    words: 'a task has its command as `run`; dependsOn is `needs`, and inputs and outputs are called so',
    evidence: (root) =>
      ['tasks', 'pipeline'].find(
        (key) => some(child(root, key), 'dependsOn', 'persistent') && !some(child(root, key), 'run'),
      ) ?? null,
  },
  {
    what: 'an environment file of conda',
    words: 'it lists packages: name it under the `inputs` of the tasks that use it',
    evidence: (root) =>
      isList(child(root, 'dependencies')) && has(root, 'channels') ? 'dependencies' : null,
  },
  {
    what: 'an MLproject of MLflow',
    words: 'entry_points are `tasks`, command is `run`, parameters are `params`',
    evidence: (root) => (isMap(child(root, 'entry_points')) ? 'entry_points' : null),
  },
  {
    what: 'a configuration of pre-commit',
    words: 'it lists hooks; a pipeline has `tasks` with `run`',
    evidence: (root) => (isList(child(root, 'repos')) ? 'repos' : null),
  },
  {
    what: 'a file of Azure Pipelines',
    words: 'jobs and steps are `tasks`, script is `run`, dependsOn is `needs`',
    evidence: (root) =>
      ['steps', 'stages', 'jobs'].find(
        (key) =>
          isList(child(root, key)) &&
          (has(root, 'trigger') ||
            has(root, 'pool') ||
            itemsOf(child(root, key)).some((item) => has(item, 'task') || has(item, 'job'))),
      ) ?? null,
  },
  {
    what: 'a GitLab CI configuration',
    words: 'jobs are `tasks`, script is `run`, needs is `needs`, artifacts are `outputs`',
    evidence: (root) =>
      entriesOf(root).find(({ value }) => has(value, 'script') && !has(value, 'run'))?.key ?? null,
  },
  {
    what: 'an Ansible playbook',
    words: 'a pipeline is a map with `tasks` by their names, each with its command as `run`',
    evidence: (root) => (itemsOf(root).some((play) => has(play, 'hosts') || has(play, 'roles')) ? '' : null),
  },
];

/** Files that aren't YAML, by how they begin. */
const TEXTS: readonly {
  readonly what: string;
  readonly words: string;
  readonly file: RegExp;
  readonly text: RegExp;
}[] = [
  {
    what: 'a Snakefile of Snakemake',
    words:
      'rules are `tasks`, input and output are `inputs` and `outputs`, shell is `run`, wildcards are a `matrix`',
    file: /(^|\/)Snakefile$|\.smk$/,
    text: /^(rule|checkpoint)\s+\w*\s*:/m,
  },
  {
    what: 'an Airflow DAG in Python',
    words: 'operators are `tasks`, bash_command is `run`, a >> b is `needs`',
    file: /\.py$/,
    text: /^(from|import) airflow\b|\bDAG\(/m,
  },
  {
    what: 'a Makefile',
    words: 'targets are `tasks` with `outputs`, prerequisites are `inputs`, the recipe is `run`',
    file: /(^|\/)(GNU)?[Mm]akefile$|\.mk$/,
    text: /^[^\s#:=][^:=\n]*:(?!=)[^\n]*\n\t\S/m,
  },
  {
    what: 'a Jenkinsfile',
    words: 'stages are `tasks`, their steps are `run`',
    file: /(^|\/)Jenkinsfile$/,
    text: /^\s*(pipeline|node)\s*(\([^)]*\)\s*)?\{/,
  },
  {
    what: 'a Nextflow script',
    words: 'processes are `tasks`, script is `run`, channels are `inputs` and `outputs`',
    file: /\.nf$/,
    text: /^process\s+\w+\s*\{/m,
  },
  {
    what: 'a Dockerfile',
    words: 'a pipeline has `tasks` with `run`',
    file: /(^|\/)Dockerfile$/,
    text: /^FROM\s+\S+/,
  },
  {
    what: 'a justfile',
    words: 'recipes are `tasks`, their lines are `run`',
    file: /(^|\/)\.?justfile$/i,
    text: /(?!)/,
  },
  {
    what: 'a Python script',
    words: 'a task calls it: run: python FILE',
    file: /\.py$/,
    text: /^(import \w+|from [\w.]+ import |def \w+\()/m,
  },
  {
    what: 'a shell script',
    words: 'a task calls it: run: sh FILE',
    file: /\.(sh|bash)$/,
    text: /^#!.*\b(sh|bash|zsh)\b/,
  },
  {
    what: 'a notebook',
    words: 'a task calls it: run: jupyter nbconvert --execute FILE',
    file: /\.ipynb$/,
    text: /(?!)/,
  },
];

/** By what YAML reads. null where it may be a pipeline, or nothing that is known. */
export function toolOfYaml(root: YamlNode, path: string): OtherTool | null {
  const isPipeline = textOf(child(root, 'version')) === '1' && (has(root, 'tasks') || has(root, 'name'));
  if (isPipeline) return null;
  if (/\.ipynb$/.test(path) && has(root, 'cells')) return toolOfText(path, '');
  for (const { what, words, evidence } of SHAPES) {
    const key = evidence(root);
    if (key === null) continue;
    const entry = root.kind === 'map' ? root.entries.get(key) : undefined;
    return {
      what,
      hint: `${words}; ${BEGIN}`,
      span: entry?.keySpan ?? { start: root.span.start, end: root.span.start },
    };
  }
  return null;
}

/** A map of which no key is one of a pipeline, by any name. */
export function isNoPipeline(root: YamlNode, known: Schema): boolean {
  const names = Object.keys(known.properties ?? {});
  return (
    root.kind === 'map' &&
    entriesOf(root).every(
      ({ key }) =>
        !names.includes(key) && !Object.hasOwn(known.otherWords ?? {}, key) && nearest(key, names) === null,
    )
  );
}

/** By name and text, for what isn't YAML at all. */
export function toolOfText(path: string, text: string): OtherTool | null {
  // Keys of a pipeline speak against all but the name.
  const isPipeline = /^(tasks|version)\s*:/m.test(text);
  const beginning = isPipeline ? '' : text.slice(0, 20_000);
  const byName = TEXTS.find(({ file }) => file.test(path));
  // Of several that fit the name, what the text says decides.
  const found =
    TEXTS.find((each) => each.file.test(path) && each.text.test(beginning)) ??
    byName ??
    TEXTS.find((each) => each.text.test(beginning));
  if (found === undefined) return null;
  const start = Math.max(0, text.search(found.text));
  const end = text.indexOf('\n', start);
  return {
    what: found.what,
    hint: `${found.words}; ${BEGIN}`,
    span: { start, end: end === -1 ? text.length : end },
  };
}

/** What `problems.error` gets. */
export function otherToolMessage({ what }: OtherTool): string {
  return `this is ${what}, not a pipeline of orch`;
}

function keyLike(root: YamlNode, pattern: RegExp): string | null {
  return entriesOf(root).find(({ key }) => pattern.test(key))?.key ?? null;
}
