/** Tasks, their cells and pipelines as words of a command line. */
import type { PipelineNames, TaskNames } from '../../state/names.ts';
import { type Candidate, closed } from './candidate.ts';
import type { Place } from './command-line.ts';

/** The pipelines that bare names mean: that of `-p` or `-f`, else all. */
export function pipelinesMeant(
  names: readonly PipelineNames[],
  { pipeline, file }: Pick<Place, 'pipeline' | 'file'>,
): readonly PipelineNames[] {
  if (pipeline !== null) return names.filter(({ name }) => name === pipeline);
  const last = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const chosen = file === null ? [] : names.filter((each) => last(each.file) === last(file));
  return chosen.length > 0 ? chosen : names;
}

/** Cells only of the task whose `[` has been typed: there may be thousands of them. */
export function targetCandidates(
  current: string,
  names: readonly PipelineNames[],
  place: Pick<Place, 'pipeline' | 'file'>,
): readonly Candidate[] {
  const bracket = current.indexOf('[');
  const before = bracket === -1 ? current : current.slice(0, bracket);
  const colon = before.indexOf(':');
  const named = colon === -1 ? undefined : names.find(({ name }) => name === before.slice(0, colon));
  const pool = named === undefined ? pipelinesMeant(names, place) : [named];
  const prefix = named === undefined ? '' : `${named.name}:`;
  const base = before.slice(prefix.length);
  if (bracket !== -1)
    return pool.flatMap(({ tasks }) =>
      tasks
        .filter(({ name }) => name === base)
        .flatMap(({ name, cells }) => cells.map((cell) => closed(`${prefix}${name}[${cell}]`))),
    );
  const counts = new Map<string, number>();
  for (const { tasks } of names) for (const { name } of tasks) counts.set(name, (counts.get(name) ?? 0) + 1);
  const tasks = pool.flatMap((pipeline) =>
    pipeline.tasks.flatMap((task) => {
      const isAmbiguous = prefix === '' && pool.length > 1 && counts.get(task.name)! > 1;
      const value = `${isAmbiguous ? `${pipeline.name}:` : prefix}${task.name}`;
      return [
        closed(value, aboutTask(task)),
        ...(task.cells.length > 0 && task.name === base
          ? [{ value: `${value}[`, description: 'one of its cells', isOpen: true }]
          : []),
      ];
    }),
  );
  const pipelines =
    prefix === '' && pool.length > 1
      ? pool.map(({ name, file }) => ({ value: `${name}:`, description: file, isOpen: true }))
      : [];
  return [...tasks, ...pipelines];
}

function aboutTask({ description, cells }: TaskNames): string {
  const count = cells.length > 1 ? `${cells.length} cells` : '';
  return [count, description ?? ''].filter((text) => text !== '').join(': ');
}
