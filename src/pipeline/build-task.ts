/** The last step for a task: its command, variables and settings, when all paths of all tasks are known. */
import type { Task } from '../model/task.ts';
import { type EnvView, fieldOf, type TaskDraft } from './draft.ts';
import { foldEnv } from './env.ts';
import { type Filling, fillText } from './fill.ts';
import { checkMentions, checkReads, mentionedMatrix, receivedParams } from './mentions.ts';
import type { TaskIndex } from './needs.ts';
import { readPath } from './paths.ts';
import type { Problems } from './problems.ts';
import { type KnownPaths, type LoadSurroundings, NOTHING_KNOWN, taskScope } from './scope.ts';
import { readProbe, readRun, readTools } from './task-command.ts';
import { booleanIn, readSettings } from './task-settings.ts';
import { placeOf } from './texts.ts';
import type { Upstream } from './upstream.ts';
import { child, itemsOf, textOf } from './yaml-node.ts';

export interface BuildSurroundings {
  readonly around: LoadSurroundings;
  readonly problems: Problems;
  readonly index: TaskIndex<TaskDraft>;
  readonly upstreamOf: (draft: TaskDraft) => Upstream;
}

export function buildTask(
  draft: TaskDraft,
  { around, problems, index, upstreamOf }: BuildSurroundings,
): Task {
  const { texts, source } = draft.in;
  const filling = (known: KnownPaths, env?: EnvView): Filling => ({
    texts,
    problems,
    file: source.path,
    noted: draft,
    scope: taskScope(draft, around, known, env),
  });
  const dir = readDir(draft, filling(NOTHING_KNOWN));
  // The command and its variables see paths from where the command runs.
  const known = { dir, needs: true, inputs: true, outputs: true };
  const run = readRun(draft, filling(known));
  const probe = readProbe(draft, { ...filling(known), noted: { mentions: [], reads: [] } });
  const env = foldEnv(draft.env, (view) => filling(known, view));
  const tools = readTools(draft, filling(known));
  const secrets = listedTexts(draft, 'secrets');
  const cacheable =
    booleanIn(fieldOf(draft, 'cache')) ??
    (draft.inputs.length > 0 || draft.outputs.length > 0 || draft.needs.some((need) => !need.orderOnly));
  const listed = itemsOf(child(draft.node, 'params')).flatMap((node) => {
    const name = textOf(node);
    return name === null ? [] : [{ name, position: placeOf(node, source) }];
  });
  const params = receivedParams(draft, listed, problems);
  checkMentions(draft, { problems, index, upstreamOf, cacheable, secrets });
  checkReads(draft, problems);
  refuseGroupWithPaths(draft, problems);
  return {
    id: draft.id,
    pipeline: draft.pipeline,
    name: draft.name,
    label: draft.label,
    cell: draft.cell,
    description: textOf(child(draft.node, 'description')),
    position: draft.position,
    run,
    dir,
    env,
    inputs: draft.inputs,
    outputs: draft.outputs,
    needs: draft.needs,
    params,
    matrixMentioned: mentionedMatrix(draft),
    shapedBy: draft.shapedBy,
    tools,
    cacheable,
    ...readSettings(draft, filling(NOTHING_KNOWN)),
    probe,
    secrets,
    labels: listedTexts(draft, 'labels'),
    mentionsTask: draft.mentions.some(({ path }) => path[0] === 'task'),
  };
}

/** Root-relative, '' for the root. */
function readDir(draft: TaskDraft, filling: Filling): string {
  const node = fieldOf(draft, 'dir');
  const text = node?.kind === 'scalar' && typeof node.value === 'string' ? fillText(node, filling) : null;
  if (node === null || text === null) return '';
  // As a value: a folder's name is never a glob.
  const path = readPath([{ text, isValue: true }], { external: false, negatable: false });
  if (path.ok) return path.value.path;
  filling.problems.error(path.error.code, placeOf(node, draft.in.source), `dir: ${path.error.message}`);
  return '';
}

function listedTexts(draft: TaskDraft, field: string): readonly string[] {
  return itemsOf(fieldOf(draft, field)).flatMap((item) => textOf(item) ?? []);
}

/** Without `run`, a task only gathers its needs. Usually the command has been forgotten or is called otherwise. */
function refuseGroupWithPaths(draft: TaskDraft, problems: Problems): void {
  if (
    child(draft.node, 'run') !== null ||
    child(draft.node, 'operator') !== null ||
    problems.hasErrors(draft.position.file)
  )
    return;
  const field = ['outputs', 'inputs', 'metrics', 'probe', 'tools'].find(
    (name) => child(draft.node, name) !== null,
  );
  if (field === undefined) return;
  problems.error('missing-run', draft.position, `${draft.name} has ${field}, but no command`, {
    hint: 'add `run`; a task without it is a group, which only gathers its needs',
  });
}
