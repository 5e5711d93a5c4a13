/** What `orch why` prints below the phrase of a reason (`reporters/phrases`): digests, lines of the command, ages. */
import type { StaleReason } from '../model/decision.ts';
import { counted, cutPair, printable, shownContent, writtenDuration } from './shown.ts';

type CommandChange = Extract<StaleReason, { why: 'command-changed' }>;

/** What there is to know beyond the phrase, one line each, unindented; empty where that is all. */
export function reasonDetails(reason: StaleReason): string[] {
  switch (reason.why) {
    case 'always-runs':
      return [
        reason.rule === 'cache-false'
          ? 'it says cache: false'
          : "it has no inputs, outputs or needs that could tell when it needn't",
      ];
    case 'input-changed':
    case 'upstream-changed':
      return reason.from === reason.to ? [] : [`${shownContent(reason.from)} -> ${shownContent(reason.to)}`];
    case 'input-added':
    case 'input-removed':
      return reason.by === null ? [] : [printable(`${reason.by} makes it`)];
    case 'command-changed':
      return commandDetails(reason);
    case 'tool-changed': {
      const { from, to } = reason;
      if (!(from ?? '').includes('\n') && !(to ?? '').includes('\n')) return [];
      return [
        ...(from ?? '').split('\n').slice(0, 3).map(removed),
        ...(to ?? '').split('\n').slice(0, 3).map(added),
      ];
    }
    case 'expired':
      return reason.ageMs < 0
        ? [`it was made ${writtenDuration(-reason.ageMs)} from now`]
        : [`it is ${writtenDuration(reason.ageMs)} old`];
    default:
      return [];
  }
}

const MAX_LINES = 12;
const LINE_WIDTH = 100;

function commandDetails({ lines, count, isScript }: CommandChange): string[] {
  const shown = lines.slice(0, MAX_LINES).flatMap(({ line, from, to }) => {
    const [a, b] = from === null || to === null ? [cutOne(from), cutOne(to)] : cutPair(from, to, LINE_WIDTH);
    const number = isScript ? `${String(line).padStart(3)} ` : '';
    return [
      ...(a === null ? [] : [`${number}${removed(a)}`]),
      ...(b === null ? [] : [`${number}${added(b)}`]),
    ];
  });
  return count > MAX_LINES ? [...shown, `and ${counted(count - MAX_LINES, 'more line')}`] : shown;
}

function cutOne(line: string | null): string | null {
  return line === null ? null : cutPair(line, '', LINE_WIDTH)[0];
}

function removed(text: string): string {
  return `- ${printable(text)}`;
}

function added(text: string): string {
  return `+ ${printable(text)}`;
}
