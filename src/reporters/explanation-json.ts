/** `orch why --json`: the document of one task. Its fields are documented in the README and stay as they are. */
import { unreachable } from '../base/outcome.ts';
import type { ChainLink, Explanation, Ingredients, LastDealing, MadeResult } from '../model/explanation.ts';
import type { Prediction } from '../model/prediction.ts';
import { reasonPhrase } from './phrases.ts';
import { NO_STYLE, predictionText } from './prediction-lines.ts';

export function explanationJson(explanation: Explanation): object {
  const { prediction, chain, last, result, ingredients, members } = explanation;
  const [first] = chain;
  return {
    ...standingJson(prediction),
    first_changed_ancestor: first === undefined ? null : linkJson(first),
    chain: chain.map(linkJson),
    last: last === null ? null : dealingJson(last),
    result: result === null ? null : resultJson(result),
    depends_on: ingredients === null ? null : ingredientsJson(ingredients),
    ...(prediction.task.run === null ? { needs: members.map(standingJson) } : {}),
  };
}

function standingJson(prediction: Prediction): object {
  const { task } = prediction;
  const reasons = 'reasons' in prediction ? prediction.reasons : [];
  return {
    task: task.label,
    pipeline: task.pipeline,
    state: stateOf(prediction),
    because: predictionText(prediction, NO_STYLE),
    reasons: reasons.map((reason) => ({ ...reason, phrase: reasonPhrase(reason) })),
    ...(prediction.will === 'nothing' ? { accepted: prediction.isAccepted } : {}),
    ...('unchecked' in prediction ? { unchecked: prediction.unchecked } : {}),
    ...(prediction.will === 'perhaps' ? { after: prediction.after, if_same: prediction.ifSame } : {}),
    ...(prediction.will === 'fail' ? { failure: prediction.failure } : {}),
  };
}

function stateOf(prediction: Prediction): string {
  if (prediction.task.run === null) return 'group';
  switch (prediction.will) {
    case 'nothing':
      return 'up-to-date';
    case 'perhaps':
      return 'predicted';
    case 'run':
    case 'restore':
    case 'running':
      return prediction.will;
    case 'fail':
    case 'blocked':
      return prediction.will === 'fail' ? 'would-fail' : 'blocked';
    default:
      return unreachable(prediction);
  }
}

function linkJson({ task, prediction, changed }: ChainLink): object {
  if (changed === null) {
    const reasons = 'reasons' in prediction ? prediction.reasons : [];
    return { task, state: stateOf(prediction), because: predictionText(prediction, NO_STYLE), reasons };
  }
  const { reasons, at, isUnsteady } = changed;
  return {
    task,
    state: 'ran',
    because: reasons[0] === undefined ? null : reasonPhrase(reasons[0]),
    reasons,
    run: at?.run ?? null,
    at: at === null ? null : isoTime(at.atMs),
    unsteady: isUnsteady,
  };
}

export function dealingJson(last: LastDealing): object {
  const { run, atMs, outcome, durationMs, log, failure, reasons, restored } = last;
  return {
    run,
    at: isoTime(atMs),
    outcome,
    duration_ms: durationMs,
    log,
    failure,
    because: reasons[0] === undefined ? null : reasonPhrase(reasons[0]),
    reasons,
    restored: restored === null ? null : { run: restored.run, at: isoTime(restored.atMs) },
  };
}

function resultJson({ key, madeAtMs, durationMs, outputs, run, isFromAccepted }: MadeResult): object {
  const made = { run, at: isoTime(madeAtMs), duration_ms: durationMs };
  return { key, made, outputs, from_accepted: isFromAccepted };
}

function ingredientsJson({ expiresMs, ...names }: Ingredients): object {
  return { ...names, expires_ms: expiresMs };
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
