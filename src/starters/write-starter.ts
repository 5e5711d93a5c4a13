/**
 * A starter as the text of a pipeline file: the line for editors, a head that teaches, parameters, tasks, and what
 * was not carried over. Quoting and block texts are left to `yaml`, which also reads the file later.
 */
import type { Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { harmless } from '../reporters/visible-text.ts';
import { literalText } from './orch-text.ts';
import {
  isPathList,
  type Note,
  type Starter,
  type StarterPath,
  type StarterPaths,
  type StarterTask,
} from './starter.ts';

type Yaml = typeof import('yaml');

/** Short lists and maps stand on one line up to this width. */
const FLOW_WIDTH = 88;

/** `schema`: what the line for editors names, relative to the file. Loads `yaml`; touches no disk. */
export async function writeStarter(starter: Starter, schema: string): Promise<string> {
  const yaml = await import('yaml');
  const doc = new yaml.Document({ version: 1 });
  const { name, description, params, env, summary, tasks } = starter;
  const top = doc.contents as unknown as YAMLMap;
  const set = (key: string, value: Node, comments: readonly string[] = []) => {
    const pair = doc.createPair(key, value) as Pair<Scalar, Node>;
    pair.key.spaceBefore = comments.length > 0 || ['params', 'tasks'].includes(key);
    if (comments.length > 0) pair.key.commentBefore = commented(comments);
    top.items.push(pair as never);
  };
  const compact = (value: unknown) => flow(doc, value);
  set('name', compact(name));
  if (description !== undefined) set('description', compact(literalText(description)));
  if (starter.default.length > 0) set('default', compact(starter.default));
  if (env !== undefined) set('env', mapOf(doc, yaml, env));
  if (starter.shell !== undefined) set('defaults', mapOf(doc, yaml, { shell: starter.shell }));
  if (params.length > 0)
    set(
      'params',
      mapOf(
        doc,
        yaml,
        Object.fromEntries(
          params.map(({ name: param, value, description: about }) => [
            param,
            about === undefined && !looksLikeDeclaration(value)
              ? value
              : { ...typeOf(value), default: value, ...(about === undefined ? {} : { description: about }) },
          ]),
        ),
      ),
      starter.paramComments,
    );
  if (summary !== undefined) set('summary', compact(summary));
  const map = new yaml.YAMLMap();
  for (const [index, task] of tasks.entries()) {
    const pair = doc.createPair(task.name, taskNode(doc, yaml, task)) as Pair<Scalar, Node>;
    pair.key.spaceBefore = index > 0;
    if (task.comments !== undefined && task.comments.length > 0)
      pair.key.commentBefore = commented(task.comments);
    map.items.push(pair as never);
  }
  set('tasks', map);
  const body = doc.toString({ lineWidth: 0, flowCollectionPadding: false });
  const notes = starter.notes.length === 0 ? '' : `\n${notesText(starter)}`;
  return `${headText(starter, schema)}${body}${notes}`;
}

function headText({ kind, from, lessons }: Starter, schema: string): string {
  const origin = kind === 'example' ? '`orch init`' : `\`orch init\` from ${from}`;
  return [
    `yaml-language-server: $schema=${schema}`,
    `Written by ${origin}, once: it is yours to edit. \`orch --help\` and the README know the rest.`,
    '  orch run             make the default target: only what is stale, judged by content, runs',
    '  orch run -n          what would run and why; `orch list` shows the tasks, `orch validate` checks this file',
    ...lessons.map((line) => line),
  ]
    .map((line) => `# ${harmless(line)}\n`)
    .join('');
}

function notesText({ notes }: Starter): string {
  return `${notes.map((note) => `# ${noteLine(note)}`).join('\n')}\n`;
}

/** As it stands in the file and on the terminal. */
export function noteLine({ at, text }: Note): string {
  return `not carried over: ${asComment(`${at}: ${text}`)}`;
}

function commented(lines: readonly string[]): string {
  return lines.map((line) => ` ${asComment(line)}`).join('\n');
}

/** One line, in which nothing acts on a terminal or is forbidden in YAML. */
function asComment(text: string): string {
  return harmless(text.replace(/[\t\r\n]+/g, ' '));
}

/** A map with `default` or `type` would be read as a declaration. */
function looksLikeDeclaration(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('type' in value || 'default' in value);
}

function typeOf(value: unknown): { readonly type?: string } {
  if (Array.isArray(value)) return { type: 'list' };
  if (typeof value === 'object') return { type: 'map' };
  if (typeof value === 'boolean') return { type: 'boolean' };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' };
  return { type: 'string' };
}

function taskNode(doc: Document, yaml: Yaml, task: StarterTask): Node {
  const map = new yaml.YAMLMap();
  const set = (key: string, value: Node | undefined) => {
    if (value !== undefined) map.items.push(doc.createPair(key, value) as never);
  };
  const plain = (value: unknown) => (value === undefined ? undefined : flow(doc, value));
  const list = (value: readonly unknown[] | undefined) =>
    value === undefined || value.length === 0 ? undefined : flow(doc, value);
  set(
    'description',
    task.description === undefined ? undefined : doc.createNode(literalText(task.description)),
  );
  set('matrix', task.matrix === undefined ? undefined : mapOf(doc, yaml, task.matrix));
  set(
    'needs',
    list([...(task.needs ?? []), ...(task.after ?? []).map((name) => ({ task: name, order_only: true }))]),
  );
  set('dir', plain(task.dir));
  set('shell', plain(task.shell));
  set('env', task.env === undefined ? undefined : mapOf(doc, yaml, task.env));
  set('run', task.run === undefined ? undefined : doc.createNode(task.run));
  set('inputs', pathsNode(doc, yaml, task.inputs));
  set('outputs', pathsNode(doc, yaml, task.outputs));
  set('metrics', list(task.metrics));
  set('params', list(task.params));
  set('probe', plain(task.probe));
  set('resources', task.cpu === undefined ? undefined : flow(doc, { cpu: task.cpu }));
  set('retries', plain(task.retries));
  set('labels', list(task.labels));
  set('cache', plain(task.cache));
  if (task.hints !== undefined && task.hints.length > 0) map.comment = commented(task.hints);
  return map;
}

function pathsNode(doc: Document, yaml: Yaml, paths: StarterPaths | undefined): Node | undefined {
  if (paths === undefined) return undefined;
  if (isPathList(paths)) return paths.length === 0 ? undefined : pathList(doc, yaml, paths);
  const entries = Object.entries(paths);
  if (entries.length === 0) return undefined;
  const map = new yaml.YAMLMap();
  for (const [name, entry] of entries)
    map.items.push(
      doc.createPair(
        name,
        Array.isArray(entry) ? pathList(doc, yaml, entry) : pathNode(doc, entry as StarterPath),
      ) as never,
    );
  return map;
}

function pathList(doc: Document, yaml: Yaml, paths: readonly StarterPath[]): Node {
  const list = new yaml.YAMLSeq();
  for (const path of paths) list.items.push(pathNode(doc, path) as never);
  list.flow = paths.every(({ comment }) => comment === undefined) && fits(paths);
  return list;
}

function pathNode(doc: Document, { comment, ...path }: StarterPath): Node {
  const options = Object.keys(path).length > 1;
  const node = options ? flow(doc, path) : (doc.createNode(path.path) as Node);
  if (comment !== undefined) node.comment = ` ${asComment(comment)}`;
  return node;
}

/** Lists and maps that are short stand on one line. */
function flow(doc: Document, value: unknown): Node {
  const node = doc.createNode(value) as Node;
  if (typeof value === 'object' && value !== null && fits(value)) (node as YAMLMap).flow = true;
  return node;
}

/** A map in lines, its values compact. */
function mapOf(doc: Document, yaml: Yaml, entries: Readonly<Record<string, unknown>>): Node {
  const map = new yaml.YAMLMap();
  for (const [key, value] of Object.entries(entries))
    map.items.push(doc.createPair(key, flow(doc, value)) as never);
  return map;
}

function fits(value: unknown): boolean {
  return JSON.stringify(value).length <= FLOW_WIDTH;
}
