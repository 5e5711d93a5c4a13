/**
 * How the first change came down to a task: from each task to the one above it that is the cause, up to where nothing
 * upstream is. Below a task that would run, the way goes by predictions; else by what upstream made since the task
 * last saw it, which the journal's earlier manifests tell.
 */
import type { StaleReason } from '../model/decision.ts';
import type { ChainLink, ChangeSince } from '../model/explanation.ts';
import type { OutputEntry } from '../model/result.ts';
import { compareManifests } from '../planner/compare.ts';
import type { AttemptRecord, Journal } from '../state/journal.ts';
import type { Node } from './node.ts';
import type { Foresight } from './predict.ts';

/** A step up: the task that is the cause, and what of it was seen before. */
interface Step {
  readonly node: Node;
  readonly seen: { readonly path: string; readonly content: string } | { readonly key: string } | null;
}

/** The chain of a task, the first change first; empty where nothing upstream is the cause. */
export function createChains(
  { nodes, predictions }: Foresight,
  journal: Journal,
): (node: Node) => readonly ChainLink[] {
  return (target) => {
    const will = predictions.get(target)?.will;
    if (will === 'nothing' || will === 'fail' || will === 'blocked') return [];
    const links: ChainLink[] = [];
    const visited = new Set<Node>();
    let step: Step | null = { node: target, seen: null };
    let since: AttemptRecord | null = null;
    while (step !== null && !visited.has(step.node)) {
      const { node }: Step = step;
      visited.add(node);
      const { link, next }: { link: ChainLink; next: Step | null } = linkOf(step, since);
      links.unshift(link);
      since = journal.lastAttempt(node.task.id);
      step = next;
    }
    return links.length > 1 ? links : [];
  };

  function linkOf(
    { node, seen }: Step,
    since: AttemptRecord | null,
  ): { readonly link: ChainLink; readonly next: Step | null } {
    const prediction = predictions.get(node)!;
    const link: ChainLink = { task: node.task.label, prediction, changed: null };
    switch (prediction.will) {
      case 'run':
      case 'restore':
        return { link, next: stepBy(prediction.reasons, node) };
      case 'perhaps':
        return { link, next: stepBelow(node) };
      case 'running':
        return { link, next: null };
      default: {
        const changed = changesSince(node, seen, since);
        return { link: { ...link, changed }, next: stepBy(changed.reasons, node) };
      }
    }
  }

  /** Up to the task that would run, or through which it would come. */
  function stepBelow(node: Node): Step | null {
    const upstream = upstreamOf(node).find((each) => {
      const will = predictions.get(each)?.will;
      return will === 'run' || will === 'perhaps' || will === 'running';
    });
    return upstream === undefined ? null : { node: upstream, seen: null };
  }

  /** Up to the task that a reason names. A cause of its own is no reason to stop: the first change is asked for. */
  function stepBy(reasons: readonly StaleReason[], node: Node): Step | null {
    const find = (label: string) => upstreamOf(node).find(({ task }) => task.label === label);
    for (const reason of reasons) {
      const label = makerIn(reason);
      const upstream = label === null ? undefined : find(label);
      if (upstream === undefined) continue;
      switch (reason.why) {
        case 'upstream-changed':
          return { node: upstream, seen: { path: reason.path, content: reason.from } };
        case 'need-changed':
          return { node: upstream, seen: reason.from === null ? null : { key: reason.from } };
        default:
          // An input that is new or gone is the task's own change, unless the task that makes it has changed since.
          if (isNewer(upstream, node)) return { node: upstream, seen: null };
      }
    }
    return null;
  }

  function isNewer(upstream: Node, than: Node): boolean {
    const [a, b] = [journal.lastAttempt(upstream.task.id), journal.lastAttempt(than.task.id)];
    return predictions.get(upstream)?.will !== 'nothing' || a === null || b === null || runOf(a) > runOf(b);
  }

  /** What it waits for, needs in groups in place of the groups. */
  function upstreamOf(node: Node): Node[] {
    return node.plan.upstream
      .filter(({ kind }) => kind !== 'order')
      .flatMap((edge) => {
        const upstream = nodes[edge.task]!;
        return upstream.task.run === null ? upstreamOf(upstream) : [upstream];
      });
  }

  /** Why a task that is as it should be isn't as the one below it saw it last. */
  function changesSince(
    { task, gathered }: Node,
    seen: Step['seen'],
    since: AttemptRecord | null,
  ): ChangeSince {
    const attempts = journal.attemptsOf(task.id);
    const last = attempts[attempts.length - 1];
    const at = last === undefined ? null : (last.restored ?? { run: last.run, atMs: last.atMs });
    const recorded = last === undefined ? [] : journal.reasonsOf(last);
    const before =
      attempts.findLast((each) => wasSeen(each, seen)) ??
      attempts.findLast((each) => since !== null && runOf(each) <= runOf(since));
    const manifest = before === undefined ? null : journal.manifestOf(before);
    if (manifest === null || gathered === null) return { reasons: recorded, at, isUnsteady: false };
    const reasons = compareManifests(manifest, gathered.manifest);
    if (reasons.length > 0) return { reasons, at, isUnsteady: false };
    return { reasons: recorded, at, isUnsteady: before?.run !== last?.run };
  }

  /** Is this the attempt of which the task below saw the result when it last ran? */
  function wasSeen(attempt: AttemptRecord, seen: Step['seen']): boolean {
    if (seen === null) return false;
    if ('key' in seen) return attempt.key === seen.key;
    const outputs = journal.resultOf(attempt.key)?.outputs ?? [];
    return outputs.some((entry) => entry.path === seen.path && isContent(entry, seen.content));
  }
}

/** Run ids sort by their start. */
function runOf(record: AttemptRecord): string {
  return record.restored?.run ?? record.run;
}

function makerIn(reason: StaleReason): string | null {
  switch (reason.why) {
    case 'upstream-changed':
    case 'need-changed':
      return reason.task;
    case 'input-added':
    case 'input-removed':
      return reason.by;
    default:
      return null;
  }
}

/** A link's content in a manifest goes on with that of its target. */
function isContent(entry: OutputEntry, content: string): boolean {
  switch (entry.kind) {
    case 'file':
      return entry.digest === content;
    case 'folder':
      return content === 'folder';
    case 'symlink':
      return content === `link:${entry.link}` || content.startsWith(`link:${entry.link} `);
  }
}
