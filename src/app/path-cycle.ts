/** What to say of tasks that wait for each other through files: the circle, and where each link of it is written. */
import type { Diagnostic } from '../base/diagnostic.ts';
import type { SourcePosition } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { coverage, escapeGlob, type PathMatching } from '../planner/graph.ts';

/** A long circle is told by its names. */
const MAX_LINKS_SHOWN = 5;

/** Each task of `cycle` waits for the one behind it; the last is the first. */
export function cycleDiagnostic(cycle: readonly Task[], matching: PathMatching): Diagnostic {
  const links = cycle.slice(0, -1).map((task, at) => linkBetween(task, cycle[at + 1]!, matching));
  const [first, ...others] = links;
  return {
    severity: 'error',
    code: 'cycle',
    message: `tasks wait for each other: ${cycle.map(({ label }) => label).join(' -> ')}`,
    ...first!.position,
    label: first!.message,
    hint: 'remove one of these inputs or needs, or let another task make the file',
    related: others.slice(0, MAX_LINKS_SHOWN).map(({ position, message }) => ({ ...position, message })),
  };
}

/** Where a task's file says that it waits for another one. */
function linkBetween(
  task: Task,
  upstream: Task,
  matching: PathMatching,
): { readonly position: SourcePosition; readonly message: string } {
  const input = task.inputs.find(
    (each) =>
      !each.negated &&
      upstream.outputs.some(
        (output) =>
          coverage(output, matching)(each.path) ||
          coverage(each, matching)(output.path) ||
          (each.kind === 'glob' && matching.mayIntersect(asGlob(output), each.path)) ||
          (output.kind === 'glob' && matching.mayIntersect(output.path, asGlob(each))),
      ),
  );
  return input === undefined
    ? { position: task.position, message: `${task.label} needs ${upstream.label}` }
    : {
        position: input.position,
        message: `${task.label} reads ${input.path}, which ${upstream.label} makes`,
      };
}

function asGlob({ kind, path }: { readonly kind: string; readonly path: string }): string {
  return kind === 'glob' ? path : `${escapeGlob(path)}/**`;
}
