/** Turns the `needs` of all tasks into tasks, and refuses circles among them. */
import type { SourcePosition, TaskId } from '../model/ids.ts';
import type { Need } from '../model/task.ts';
import { orderByNeeds } from './cycles.ts';
import type { TaskDraft } from './draft.ts';
import { type Filling, fillText } from './fill.ts';
import type { TaskIndex } from './needs.ts';
import type { Problems } from './problems.ts';
import { booleanIn } from './task-settings.ts';
import { placeOf } from './texts.ts';
import { child, itemsOf, type ScalarNode, type YamlNode } from './yaml-node.ts';

/** Fills in `needs` and `neededByName`; unknown tasks are reported. */
export function resolveNeeds(draft: TaskDraft, index: TaskIndex<TaskDraft>, filling: Filling): void {
  const needs = new Map<string, Need>();
  const byName = new Map<string, readonly TaskDraft[]>();
  const places = new Map<TaskId, SourcePosition>();
  for (const { node, orderOnly } of needEntries(draft)) {
    const text = fillText(node, filling);
    if (text === null) continue;
    const found = index.resolve(text, draft.pipeline, draft);
    if (!found.ok) {
      const { code, message, hint } = found.error;
      const { problems, file } = filling;
      if (!problems.isDoubtful(file, `tasks.${text.replace(/\[.*$/s, '')}`))
        problems.error(code, placeOf(node, draft.in.source), message, { hint });
      problems.doubt(file, `tasks.${draft.name}.needs`);
      continue;
    }
    const place = placeOf(node, draft.in.source);
    for (const { id } of found.value) {
      places.set(id, place);
      // Listed both ways, the stronger one holds.
      const isOrder = orderOnly && (needs.get(id)?.orderOnly ?? true);
      needs.set(id, { task: id, orderOnly: isOrder });
    }
    const { name, pipeline } = found.value[0]!;
    for (const key of pipeline === draft.pipeline ? [name] : [`${pipeline}:${name}`, name])
      byName.set(key, [...new Set([...(byName.get(key) ?? []), ...found.value])]);
  }
  draft.needs = [...needs.values()];
  draft.needPlaces = places;
  draft.neededByName = byName;
}

function needEntries(
  draft: TaskDraft,
): readonly { readonly node: ScalarNode; readonly orderOnly: boolean }[] {
  return ['needs', 'upstream_tasks'].flatMap((field) => entriesIn(child(draft.node, field)));
}

function entriesIn(
  node: YamlNode | null,
): readonly { readonly node: ScalarNode; readonly orderOnly: boolean }[] {
  const items = node?.kind === 'map' ? [node] : itemsOf(node);
  return items.flatMap((item) => {
    const task = item.kind === 'map' ? child(item, 'task') : item;
    if (task?.kind !== 'scalar' || typeof task.value !== 'string' || task.value === '') return [];
    return [{ node: task, orderOnly: booleanIn(child(item, 'order_only')) === true }];
  });
}

const MAX_LINKS_SHOWN = 5;

/** Needed before needing. Circles are reported whole; their members come last. */
export function orderTasks(drafts: readonly TaskDraft[], problems: Problems): readonly TaskDraft[] {
  const byId = new Map<string, TaskDraft>(drafts.map((draft) => [draft.id, draft]));
  const { order, cycles } = orderByNeeds(drafts, (draft) =>
    draft.needs.flatMap(({ task }) => byId.get(task) ?? []),
  );
  for (const cycle of cycles) {
    const isOnePipeline = cycle.every(({ pipeline }) => pipeline === cycle[0]!.pipeline);
    const names = cycle.map(({ id, label }) => (isOnePipeline ? label : id));
    const links = cycle.slice(0, -1).map((draft, at) => ({
      ...(draft.needPlaces.get(cycle[at + 1]!.id) ?? draft.position),
      message: `${names[at]} needs ${names[at + 1]}`,
    }));
    const [first, ...others] = links;
    problems.error(
      'cycle',
      first!,
      others.length === 0
        ? `${names[0]} needs itself`
        : `tasks need each other in a circle: ${names.join(' -> ')}`,
      {
        hint: 'remove one of these needs',
        ...(others.length === 0 ? {} : { label: first!.message }),
        // A long circle is told by its names.
        related: others.slice(0, MAX_LINKS_SHOWN),
      },
    );
  }
  const ordered = new Set(order);
  return [...order, ...drafts.filter((draft) => !ordered.has(draft))];
}

/** A needed task that always runs, and leaves nothing to compare, makes its dependents run always, too. */
export function warnOfRestlessNeeds(
  draft: TaskDraft,
  alwaysRuns: (id: string) => boolean,
  index: TaskIndex<TaskDraft>,
  problems: Problems,
): void {
  for (const { node, orderOnly } of needEntries(draft)) {
    const found = orderOnly ? null : index.resolve(node.source, draft.pipeline, draft);
    if (found?.ok !== true) continue;
    // One may run every time only because its inputs or outputs were misspelled.
    const restless = found.value.find(
      ({ id, name, in: from }) => alwaysRuns(id) && !problems.isDoubtful(from.source.path, `tasks.${name}`),
    );
    if (restless !== undefined)
      problems.warning(
        'always-runs-need',
        placeOf(node, draft.in.source),
        `${draft.name} needs ${restless.name}, which runs every time and has nothing by which its result could be compared`,
        {
          hint: `give ${restless.name} outputs, or wait for it only: {task: ${node.source}, order_only: true}`,
        },
      );
  }
}
