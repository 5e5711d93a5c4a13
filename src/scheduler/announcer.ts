/**
 * The order in which users learn things. Work runs ahead of what is said: a dependent begins while the records of
 * its upstream are still being synced. So events of one task come in order, and its start comes after the ends of
 * what it needed. Knows no states; the run says what there is to say.
 */
import type { RunEventBody } from '../model/event.ts';
import type { Node } from './node.ts';

export interface Announcer {
  /** Emits the event once everything said before of this task, and of `upstream`, has been said. */
  say(node: Node, upstream: readonly Node[], event: RunEventBody): void;
  /** Emits what `event` resolves with, after all that was said of the task; what is said later waits for it. */
  sayWhen(node: Node, event: Promise<() => void>): void;
  /** Calls `emit` for each text as it comes, between the task's start and its end, which waits for `over`. */
  passOn(node: Node, over: Promise<void>): (event: RunEventBody) => void;
}

/** `track` keeps the run open until the promise has settled. */
export function createAnnouncer(
  emit: (event: RunEventBody) => void,
  track: (work: Promise<void>) => void,
): Announcer {
  const said = new Map<Node, Promise<void>>();
  const later = (node: Node, work: Promise<void>) => {
    said.set(node, work);
    track(work);
  };
  return {
    say(node, upstream, event) {
      const before = [node, ...upstream].flatMap((each) => said.get(each) ?? []);
      if (before.length === 0) emit(event);
      else
        later(
          node,
          Promise.all(before).then(() => emit(event)),
        );
    },
    sayWhen(node, event) {
      later(
        node,
        Promise.all([event, said.get(node)]).then(([act]) => act()),
      );
    },
    passOn(node, over) {
      const started = said.get(node) ?? Promise.resolve();
      later(
        node,
        Promise.all([started, over]).then(() => {}),
      );
      return (event) => void started.then(() => emit(event));
    },
  };
}
