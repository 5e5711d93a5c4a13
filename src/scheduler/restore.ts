/** Brings a task's recorded outputs back: clears the way, restores from the cache, records. Knows no states. */
import type { PathRefusal } from '../cache/result-store.ts';
import type { Failure } from '../model/failure.ts';
import type { OutputEntry, Result } from '../model/result.ts';
import type { DecideRequest } from '../planner/decide.ts';
import type { JournalEntry } from '../state/journal.ts';
import type { RunContext } from './context.ts';
import { attemptIdOf, claimOf, ioFailure } from './execute.ts';
import type { Inspection } from './inspect.ts';
import type { Node } from './node.ts';
import {
  type Clearing,
  checkInsideRoot,
  clearingOf,
  makeParents,
  occupation,
  removeOwn,
  setAsideForeign,
} from './workspace.ts';

/** `missing`: the content turned out to be damaged or evicted; it must be decided again without it. */
export type RestoreEnd = 'restored' | 'missing' | Failure;

export async function restoreOutputs(
  node: Node,
  result: Result,
  request: DecideRequest,
  context: RunContext,
  inspection: Inspection,
): Promise<RestoreEnd> {
  const { task } = node;
  const { workspace } = inspection;
  const outside = checkInsideRoot(task, workspace);
  if (outside !== null) return outside;
  const disk = request.disk(result);
  const wanted = [...disk.wrong, ...disk.absent.filter((entry) => request.isDemanded(entry.path))];
  const clearing = clearingOf(task, result, workspace);
  const occupied = occupation(clearing, workspace);
  if (occupied !== null) return occupied;
  const aside = setAsideForeign(clearing, workspace);
  if (!aside.ok) return aside.error;
  // Claimed like a command's work: killed halfway, what lies there is set aside and never taken for a result.
  const attempt = attemptIdOf(context, node, 'restore');
  try {
    context.ownership.append([{ claim: claimOf(task, attempt) }]);
    const end = await putBack(wanted, clearing, { node, result, context, inspection });
    context.ownership.append(
      end === 'restored' ? [{ own: wanted, by: task.id }, { end: attempt }] : [{ end: attempt }],
    );
    if (end !== 'restored') return end;
    if (request.own === null) context.journal.append([{ kind: 'result', result }]);
    if (request.last?.key !== result.key) context.journal.append([restoredRecord(node, request, context)]);
  } catch (error) {
    return ioFailure('record the restoring of', task.label, error);
  }
  return 'restored';
}

/** From now on the task's outputs are those of this key, without an attempt. */
export function restoredRecord(
  { task, reasons }: Node,
  { key, manifest }: DecideRequest,
  { run, now }: RunContext,
): JournalEntry {
  return { kind: 'restored', id: task.id, key, manifest, run, atMs: now(), reasons };
}

const REFUSALS: Readonly<Record<PathRefusal, string>> = {
  'not-relative': 'no path below the root, as the cache has it',
  'leaves-the-root': 'behind a link which leaves the root',
  'through-a-link-of-the-result': 'behind a link of the same result, as the cache has it',
};

interface PutBack {
  readonly node: Node;
  readonly result: Result;
  readonly context: RunContext;
  readonly inspection: Inspection;
}

async function putBack(
  wanted: readonly OutputEntry[],
  clearing: Clearing,
  { node: { task }, result, context, inspection }: PutBack,
): Promise<RestoreEnd> {
  const { workspace } = inspection;
  const removed = removeOwn(clearing, task, result, workspace);
  if (!removed.ok) return removed.error;
  const parents = makeParents(task, workspace);
  if (!parents.ok) return parents.error;
  const { store, layout } = context;
  if (store === null) return 'missing';
  // Before it's relied on, so that a trim in another process leaves it.
  store.touch(result);
  const outcome = await store.restore(wanted, layout.root, { allowedLinks: inspection.allowedLinks });
  if (outcome.restored) return 'restored';
  switch (outcome.why) {
    case 'missing':
      return 'missing';
    case 'failed':
      return outcome.failure;
    case 'refused':
      return {
        kind: 'output-not-regular',
        path: outcome.path,
        found: `${REFUSALS[outcome.because]}: that result is refused; orch run --force=${task.label} makes it anew`,
      };
  }
}
