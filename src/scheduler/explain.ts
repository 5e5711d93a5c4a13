/**
 * Why a task stands as it does: all causes, how the first change came down to it, how it was last dealt with.
 * Reads what `foresee` found and the journal's history; it runs nothing, writes nothing and words nothing.
 */
import type { Explanation, Ingredients, LastDealing, MadeResult } from '../model/explanation.ts';
import type { RunId } from '../model/ids.ts';
import type { KeyManifest } from '../model/manifest.ts';
import type { Prediction } from '../model/prediction.ts';
import type { AttemptRecord, Journal } from '../state/journal.ts';
import type { Ownership } from '../state/ownership.ts';
import { createChains } from './chain.ts';
import type { Node } from './node.ts';
import type { Foresight } from './predict.ts';

export interface ExplainContext {
  readonly foresight: Foresight;
  readonly journal: Journal;
  readonly ownership: Ownership;
}

/** One function for all tasks of a plan, so that what they share is read once. */
export function createExplainer(context: ExplainContext): (node: Node) => Explanation {
  const { foresight, journal } = context;
  const chains = createChains(foresight, journal);
  return (node) => {
    const prediction = foresight.predictions.get(node)!;
    return {
      prediction,
      chain: chains(node),
      last: lastDealing(node, prediction, context),
      result: madeResult(node, prediction, journal),
      ingredients: node.gathered === null ? null : ingredientsOf(node.gathered.manifest, node),
      members: node.task.run === null ? membersOf(node, foresight) : [],
    };
  };
}

function lastDealing(
  { task }: Node,
  prediction: Prediction,
  { journal, ownership }: ExplainContext,
): LastDealing | null {
  const record = journal.lastAttempt(task.id);
  const hasDied = 'reasons' in prediction && prediction.reasons.some(({ why }) => why === 'died-last');
  const claim = hasDied ? ownership.openClaims().find((each) => each.task === task.id) : undefined;
  if (claim !== undefined && record?.outcome !== 'died')
    return {
      run: claim.attempt.replace(/-\d+-\w+$/, '') as RunId,
      atMs: startOfRun(claim.attempt),
      outcome: 'died',
      durationMs: 0,
      log: null,
      failure: null,
      reasons: [],
      restored: null,
    };
  return record === null ? null : dealingOf(record, journal);
}

export function dealingOf(record: AttemptRecord, journal: Journal): LastDealing {
  const { run, atMs, outcome, durationMs, log, failure, restored } = record;
  const reasons = journal.reasonsOf(record);
  return {
    ...{ run, atMs, outcome, durationMs, log, reasons },
    failure: failure ?? null,
    restored: restored ?? null,
  };
}

/** A run's id begins with its start, in UTC: `20261121-140211-…`. */
function startOfRun(attempt: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(attempt) ?? [];
  return year === undefined ? 0 : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function madeResult({ task, key }: Node, prediction: Prediction, journal: Journal): MadeResult | null {
  if (task.run === null || key === null) return null;
  const attempts = () =>
    journal.attemptsOf(task.id).filter((each) => each.key === key && each.restored === undefined);
  if (prediction.will === 'nothing' && task.outputs.length === 0) {
    const last = journal.lastAttempt(task.id);
    return last === null
      ? null
      : {
          ...{ key, madeAtMs: last.atMs, durationMs: last.durationMs, outputs: 0, run: last.run },
          isFromAccepted: false,
        };
  }
  const result =
    prediction.will === 'restore'
      ? prediction.result
      : prediction.will === 'nothing'
        ? journal.resultOf(key)
        : null;
  if (result === null) return null;
  const made = attempts().filter(
    ({ outcome, atMs }) => outcome !== 'failed' && atMs >= result.createdAtMs,
  )[0];
  return {
    key,
    madeAtMs: result.createdAtMs,
    durationMs: result.durationMs,
    outputs: result.outputs.filter(({ kind }) => kind !== 'folder').length,
    run: made?.run ?? null,
    isFromAccepted: result.accepted && made?.outcome !== 'accepted',
  };
}

function ingredientsOf({ parts }: KeyManifest, { task }: Node): Ingredients {
  const made: Record<string, string[]> = {};
  const sources: string[] = [];
  const names: Record<'param' | 'matrix' | 'env' | 'secret' | 'tool' | 'need', string[]> = {
    ...{ param: [], matrix: [], env: [], secret: [], tool: [], need: [] },
  };
  for (const part of parts)
    switch (part.part) {
      case 'input':
        if (part.content === 'folder') break;
        if (part.from === null) sources.push(part.path);
        else made[part.from] = [...(made[part.from] ?? []), part.path];
        break;
      case 'param':
      case 'matrix':
      case 'env':
      case 'secret':
        names[part.part].push(part.name);
        break;
      case 'tool':
        names.tool.push(part.command);
        break;
      case 'need':
        names.need.push(part.from);
        break;
      default:
        break;
    }
  return {
    ...{ sources, made, needs: names.need, params: names.param, matrix: names.matrix, env: names.env },
    ...{ secrets: names.secret, tools: names.tool, expiresMs: task.expiresMs },
  };
}

/** What a group gathers, through further groups, in the order of the plan. */
function membersOf(group: Node, { nodes, predictions }: Foresight): Prediction[] {
  const found = new Set<Node>();
  const add = (each: Node) => {
    for (const { task } of each.plan.upstream) {
      const upstream = nodes[task]!;
      if (found.has(upstream)) continue;
      found.add(upstream);
      if (upstream.task.run === null) add(upstream);
    }
  };
  add(group);
  return nodes.flatMap((node) =>
    found.has(node) && node.task.run !== null ? (predictions.get(node) ?? []) : [],
  );
}
