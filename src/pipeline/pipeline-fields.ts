/** What a pipeline says besides its tasks: default targets, lines to print, final tasks, cache. */

import type { Template } from '../model/expression.ts';
import type { TaskId } from '../model/ids.ts';
import type { Pipeline, Task } from '../model/task.ts';
import type { PipelineDraft, TaskDraft } from './draft.ts';
import { declareEnv } from './env.ts';
import { type Filling, fillText, fold } from './fill.ts';
import type { TaskIndex } from './needs.ts';
import { readPath } from './paths.ts';
import type { Problems } from './problems.ts';
import { type LoadSurroundings, sharedScope } from './scope.ts';
import { sizeIn } from './task-settings.ts';
import { placeOf } from './texts.ts';
import { child, itemsOf, type ScalarNode, textOf } from './yaml-node.ts';

export interface PipelineSurroundings {
  readonly around: LoadSurroundings;
  readonly problems: Problems;
  readonly index: TaskIndex<TaskDraft>;
  readonly rootPath: string;
}

export function buildPipeline(
  draft: PipelineDraft,
  tasks: readonly Task[],
  surroundings: PipelineSurroundings,
): Pipeline {
  const { around, problems, index, rootPath } = surroundings;
  const { name, source, root, texts, params } = draft;
  const filling: Filling = {
    texts,
    problems,
    file: source.path,
    scope: sharedScope(
      draft,
      declareEnv(draft, null, around.env, (env) => ({
        texts,
        problems,
        file: source.path,
        scope: sharedScope(draft, env, around),
      })).view,
      around,
    ),
  };
  const lines = (field: string): readonly Template[] =>
    textsIn(draft, field).flatMap((node) => fold(node, 'raw', filling) ?? []);
  const cache = child(root, 'cache');
  const scope = textOf(child(cache, 'scope'));
  return {
    name,
    file: source.path,
    description: textOf(child(root, 'description')),
    params,
    defaultTargets: readDefault(draft, tasks, filling, index),
    header: lines('header'),
    summary: lines('summary'),
    finally: readFinally(draft, filling, index),
    tasks,
    allowLinks: textsIn(draft, 'allow_links').flatMap((node) => {
      const text = fillText(node, filling);
      const path =
        text === null ? null : readPath([{ text, isValue: true }], { external: true, negatable: false });
      return path?.ok === true ? [path.value.path] : [];
    }),
    cache: {
      scope: scope === null ? name : scope === 'root' ? rootPath : scope,
      dir: textOf(child(cache, 'dir')),
      maxSizeBytes: sizeIn(child(cache, 'max_size')),
    },
  };
}

function textsIn(draft: PipelineDraft, field: string): readonly ScalarNode[] {
  return itemsOf(child(draft.root, field)).filter(
    (node): node is ScalarNode =>
      node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '',
  );
}

/** As written; a name that can be neither a task nor an output is an error. */
function readDefault(
  draft: PipelineDraft,
  tasks: readonly Task[],
  filling: Filling,
  index: TaskIndex<TaskDraft>,
): readonly string[] {
  return textsIn(draft, 'default').flatMap((node) => {
    const target = fillText(node, filling);
    if (target === null) return [];
    const found = index.resolve(target, draft.name, null);
    // Below folders and globs, outputs are known only when they are there.
    const path = target.replace(/^\.\//, '').replace(/\/+$/, '');
    const mayBeOutput =
      path.includes('/') ||
      tasks.some(({ outputs }) => outputs.some((output) => output.kind === 'glob' || output.path === path));
    if (!found.ok && !mayBeOutput && !isDoubtfulTask(target, draft, filling))
      filling.problems.error(
        found.error.code,
        placeOf(node, draft.source),
        `default: ${found.error.message}`,
        { hint: found.error.hint },
      );
    return [target];
  });
}

/** The tasks as a whole, or the matrix of this one, have been found wrong already. */
function isDoubtfulTask(text: string, draft: PipelineDraft, { problems }: Filling): boolean {
  return problems.isDoubtful(draft.source.path, `tasks.${text.replace(/\[.*$/s, '')}`);
}

function readFinally(draft: PipelineDraft, filling: Filling, index: TaskIndex<TaskDraft>): readonly TaskId[] {
  const ids = textsIn(draft, 'finally').flatMap((node) => {
    const text = fillText(node, filling);
    const found = text === null ? null : index.resolve(text, draft.name, null);
    if (found === null) return [];
    if (found.ok) return found.value.map(({ id }) => id);
    if (isDoubtfulTask(text ?? '', draft, filling)) return [];
    filling.problems.error(found.error.code, placeOf(node, draft.source), `finally: ${found.error.message}`, {
      hint: found.error.hint,
    });
    return [];
  });
  return [...new Set(ids)];
}
