/**
 * Shapes that people bring from other tools, or make by a slip of indentation, and what to write instead. Each is a
 * `shapeHint` of the schema: null where the shape isn't known.
 */
import { child, entriesOf, itemsOf, textOf, type YamlNode } from './yaml-node.ts';

type ShapeHint = (node: YamlNode, key: string) => string | null;

/** `version: "3.7"`. */
export const versionShape: ShapeHint = (node) =>
  node.kind === 'scalar' && node.value === 1
    ? null
    : 'it is the version of the pipeline language, a number: `version: 1`';

/** A file that is a list, or a text. */
export const pipelineShape: ShapeHint = (node) =>
  node.kind === 'map'
    ? null
    : 'a pipeline is a map: `version: 1`, then `tasks:` with the tasks by their names';

/** `tasks: [{name: make, run: x}]`, as in Ansible and Azure. */
export const tasksShape: ShapeHint = (node) => {
  if (node.kind === 'scalar' && node.value === null)
    return 'write a task below it, such as `hello: {run: echo hello}`';
  if (node.kind !== 'list') return null;
  for (const key of ['name', 'id', 'task', 'stage']) {
    const name = textOf(child(node.items[0] ?? null, key));
    if (name !== null) return `write each task below its name: \`${name}:\` instead of \`- ${key}: ${name}\``;
  }
  return 'write each task below its name: `build: {run: make}`';
};

/** Fields whose values are maps, which a task's own map would swallow where they are indented too little. */
const MAP_FIELDS = new Set(['env', 'resources', 'retries', 'matrix', 'inputs', 'outputs', 'metrics', 'with']);

/** A task that is only its command, or a task's field beside the tasks. */
export function taskShape(fields: readonly string[]): ShapeHint {
  return (node, key) => {
    const isField = fields.includes(key);
    if (node.kind === 'map') {
      const isFieldMap =
        isField && MAP_FIELDS.has(key) && !entriesOf(node).some((entry) => fields.includes(entry.key));
      if (isFieldMap) return indentMore(key);
      const isGroup = entriesOf(node).every(
        (entry) => !fields.includes(entry.key) && child(entry.value, 'run') !== null,
      );
      return isGroup && node.entries.size > 0
        ? `tasks don't nest: write them beside \`${key}\`, and name them in its \`needs\``
        : null;
    }
    if (isField) return indentMore(key);
    if (node.kind === 'list') return 'write the commands below `run: |`, one a line';
    if (node.value === null) return 'a task has at least `run`; one that only gathers others has `needs`';
    const text = node.source;
    const field = fields.find((name) => text.startsWith(`${name} `));
    if (field !== undefined)
      return `a colon is missing: ${field}: ${text.slice(field.length + 1).slice(0, 60)}`;
    return text.includes('\n') || text.length > 60
      ? `write the command under \`${key}:\`, as \`run:\``
      : `write ${key}: {run: ${/^[\w ./-]+$/.test(text) ? text : JSON.stringify(text)}}`;
  };
}

function indentMore(key: string): string {
  return `\`${key}\` is a field of a task: indent it like the other fields of the task above`;
}

/** `run: ["echo one", "echo two"]`, as in GitLab CI and Taskfile. */
export const runShape: ShapeHint = (node) => {
  if (node.kind === 'map') return 'a text that starts with "{" needs quotes';
  if (node.kind !== 'list') return null;
  const [program] = node.items;
  const text = textOf(program ?? null) ?? '';
  const isProgram = !/\s/.test(text) || text.includes('${{') || /^[./]/.test(text);
  return isProgram && node.items.every((item) => item.kind === 'scalar')
    ? null
    : 'a list is one command and its arguments, run without a shell: write several commands below `run: |`, one a line';
};

/** `needs: {a: {condition: …}}`, as in docker-compose. */
export const needsShape: ShapeHint = (node) => {
  if (node.kind !== 'map' || ['task', 'order_only', 'name', 'order'].some((key) => node.entries.has(key)))
    return null;
  return `write a list of tasks: [${[...node.entries.keys()].slice(0, 5).join(', ')}]`;
};

const PATH_FLAGS = ['optional', 'external', 'store', 'by', 'url', 'fetch'];

/** `inputs: {path: a.csv, optional: true}`: one entry where a list of them, or names, are meant. */
export const pathsShape: ShapeHint = (node, key) => {
  if (node.kind !== 'map') return null;
  const path = textOf(child(node, 'path'));
  const isEntry = path !== null && PATH_FLAGS.some((flag) => node.entries.has(flag));
  return isEntry ? `write a list: ${key}: [{path: ${path}, …}]` : null;
};

/** `params: [month, year]`. */
export const paramsShape: ShapeHint = (node) => {
  if (node.kind !== 'list') return null;
  const [first] = node.items;
  const name = textOf(first ?? null) ?? textOf(child(first ?? null, 'name')) ?? 'month';
  return `parameters are named by their keys and have values: \`${name}: 1\``;
};

/** `matrix: [a, b]`, and `matrix: {model: a}`. */
export const matrixShape: ShapeHint = (node) =>
  node.kind === 'list' && node.items.every((item) => item.kind === 'scalar')
    ? `give the values a name: {value: [${itemsOf(node).slice(0, 3).map(textOf).join(', ')}${node.items.length > 3 ? ', …' : ''}]}`
    : null;

export const axisShape: ShapeHint = (node) =>
  node.kind === 'scalar' && !node.source.includes('${{') && node.value !== null
    ? `write it as a list: [${node.source}]`
    : null;

/** `env: ["A=b"]`, as in docker-compose. */
export const envShape: ShapeHint = (node) => {
  if (node.kind !== 'list') return null;
  const [name = 'NAME', value = 'value'] = (textOf(node.items[0] ?? null) ?? '').split('=', 2);
  return `write ${name === '' ? 'NAME' : name}: ${value} instead of "- ${name === '' ? 'NAME' : name}=${value}"`;
};

const SHELL_WORDS = /^(\S*\/)?(sh|dash|bash|zsh|ksh|python\d*|node|Rscript|perl|ruby|env)\b/;

/** `shell: "bwa mem {input} > {output}"`, as in Snakemake, where it is the command. */
export const shellShape: ShapeHint = (node) =>
  node.kind === 'scalar' &&
  typeof node.value === 'string' &&
  /\s/.test(node.value.trim()) &&
  !SHELL_WORDS.test(node.value.trim())
    ? 'it names the shell; the command is `run`'
    : null;
