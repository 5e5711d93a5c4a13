/** From the `tasks` of a pipeline to one draft for each task, or for each cell of its matrix. */
import type { TaskId } from '../model/ids.ts';
import type { EnvView, PipelineDraft, TaskDraft } from './draft.ts';
import { declareEnv } from './env.ts';
import { fillNode, type Noted } from './fill.ts';
import { type Cell, cellsOf } from './matrix.ts';
import type { Problems } from './problems.ts';
import { hasExpression } from './schema.ts';
import { type LoadSurroundings, NOTHING_KNOWN, sharedScope, taskScope } from './scope.ts';
import { placeOf } from './texts.ts';
import { child, entriesOf, type MapEntry, type MapNode, type YamlNode } from './yaml-node.ts';

/** Tasks of one pipeline; what is wrong with matrices is reported. */
export function expandTasks(
  pipeline: PipelineDraft,
  around: LoadSurroundings,
  problems: Problems,
): readonly TaskDraft[] {
  const { texts, root } = pipeline;
  const file = pipeline.source.path;
  const shared = (env: EnvView) => ({ texts, problems, file, scope: sharedScope(pipeline, env, around) });
  const { view } = declareEnv(pipeline, null, around.env, shared);
  const make = (entry: MapEntry, node: MapNode, cell: Cell | null): TaskDraft => {
    const draft = newDraft(pipeline, entry, node, cell, around);
    draft.env = declareEnv(pipeline, node, around.env, (env) => ({
      texts,
      problems,
      file,
      scope: taskScope(draft, around, NOTHING_KNOWN, env),
    }));
    return draft;
  };
  const broken = (entry: MapEntry, node: MapNode) => {
    problems.doubt(file, `tasks.${entry.key}`);
    return { ...newDraft(pipeline, entry, node, null, around), isBroken: true };
  };
  return entriesOf(child(root, 'tasks')).flatMap((entry) => {
    const node = entry.value;
    if (node.kind !== 'map') return [broken(entry, emptyMap(entry))];
    const matrix = child(node, 'matrix');
    if (matrix === null) return [make(entry, node, null)];
    const noted: Noted = { mentions: [], reads: [] };
    const filled = fillNode(matrix, { ...shared(view), noted });
    const cells = filled?.kind === 'map' ? usableCells(filled, matrix, entry.key, pipeline, problems) : [];
    if (cells.length === 0) return [broken(entry, node)];
    const shapedBy = paramsIn(noted);
    return cells.map((cell) => ({ ...make(entry, node, cell), shapedBy }));
  });
}

function paramsIn({ mentions }: Noted): readonly string[] {
  const names = mentions.flatMap(({ path: [root, ...rest] }) => (root === 'params' ? rest.join('.') : []));
  return [...new Set(names)].filter((name) => name !== '');
}

function newDraft(
  pipeline: PipelineDraft,
  { key: name, keySpan }: MapEntry,
  node: MapNode,
  cell: Cell | null,
  around: LoadSurroundings,
): TaskDraft {
  const label = `${name}${cell?.label ?? ''}`;
  return {
    pipeline: pipeline.name,
    name,
    cell: cell?.values ?? null,
    id: `${pipeline.name}:${label}` as TaskId,
    label,
    in: pipeline,
    node,
    position: pipeline.source.position(keySpan),
    isBroken: false,
    shapedBy: [],
    mentions: [],
    reads: [],
    env: { view: around.env, declared: new Map() },
    needs: [],
    needPlaces: new Map(),
    neededByName: new Map(),
    inputs: [],
    outputs: [],
  };
}

function emptyMap({ value }: MapEntry): MapNode {
  return { kind: 'map', entries: new Map(), span: value.span, weight: 1, depth: 1 };
}

function usableCells(
  matrix: MapNode,
  from: YamlNode,
  task: string,
  { source }: PipelineDraft,
  problems: Problems,
): readonly Cell[] {
  for (const { key, value } of entriesOf(matrix)) {
    if (value.kind === 'list') continue;
    // What stands in the file itself has been refused by the schema.
    const written = child(from, key);
    if (written?.kind === 'scalar' && hasExpression(written.source))
      problems.error(
        'bad-matrix',
        placeOf(value, source),
        `the matrix of ${task}: ${key} needs a list of values`,
      );
    return [];
  }
  return cellsOf(matrix, task, source, problems);
}
