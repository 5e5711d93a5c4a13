/** From the `tasks` of a pipeline to one draft for each task, or for each cell of its matrix. */
import type { TaskId } from '../model/ids.ts';
import type { PipelineDraft, TaskDraft } from './draft.ts';
import { declareEnv, type EnvView } from './env.ts';
import { fillNode } from './fill.ts';
import { type Cell, cellsOf } from './matrix.ts';
import type { Problems } from './problems.ts';
import { hasExpression } from './schema.ts';
import { type LoadSurroundings, NOTHING_KNOWN, sharedScope, taskScope } from './scope.ts';
import { startOf } from './texts.ts';
import { child, entriesOf, type MapEntry, type MapNode, type YamlNode } from './yaml-node.ts';

/** Tasks of one pipeline; what is wrong with matrices is reported. */
export function expandTasks(
  pipeline: PipelineDraft,
  around: LoadSurroundings,
  problems: Problems,
): readonly TaskDraft[] {
  const { texts, root } = pipeline;
  const shared = (env: EnvView) => ({ texts, problems, scope: sharedScope(pipeline, env, around) });
  const { view } = declareEnv(pipeline, null, around.env, shared);
  return entriesOf(child(root, 'tasks')).flatMap((entry) => {
    if (entry.value.kind !== 'map') return [draft(pipeline, entry, emptyMap(entry), null, true, around)];
    const node = entry.value;
    const matrix = child(node, 'matrix');
    if (matrix === null) return [draft(pipeline, entry, node, null, false, around)];
    const filled = fillNode(matrix, shared(view));
    const cells = filled?.kind === 'map' ? usableCells(filled, matrix, entry.key, pipeline, problems) : [];
    if (cells.length === 0) return [draft(pipeline, entry, node, null, true, around)];
    return cells.map((cell) => draft(pipeline, entry, node, cell, false, around));
  });

  function draft(
    from: PipelineDraft,
    { key: name, keySpan }: MapEntry,
    node: MapNode,
    cell: Cell | null,
    isBroken: boolean,
    surroundings: LoadSurroundings,
  ): TaskDraft {
    const label = `${name}${cell?.label ?? ''}`;
    const { file, line, column } = from.source.position(keySpan);
    const made: TaskDraft = {
      pipeline: from.name,
      name,
      cell: cell?.values ?? null,
      id: `${from.name}:${label}` as TaskId,
      label,
      in: from,
      node,
      position: { file, line, column },
      isBroken,
      mentions: [],
      reads: [],
      env: { view: surroundings.env, declared: new Map() },
      needs: [],
      neededByName: new Map(),
      inputs: [],
      outputs: [],
    };
    if (!isBroken)
      made.env = declareEnv(from, node, surroundings.env, (env) => ({
        texts,
        problems,
        scope: taskScope(made, surroundings, NOTHING_KNOWN, env),
      }));
    return made;
  }
}

function emptyMap({ value, keySpan }: MapEntry): MapNode {
  return { kind: 'map', entries: new Map(), span: value.span ?? keySpan, weight: 1, depth: 1 };
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
        startOf(value, source),
        `the matrix of ${task}: ${key} needs a list of values`,
      );
    return [];
  }
  return cellsOf(matrix, task, source, problems);
}
