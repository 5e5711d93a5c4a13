/**
 * Keeps a run to itself until it does something. A run that finds everything up to date is no news to somebody who
 * watches: the screen stays as it is.
 */
import type { RunEvent } from '../model/event.ts';

export interface HeldEvents {
  readonly emit: (event: RunEvent) => void;
  /** From now on nothing is held back; what was is told first. */
  readonly show: () => void;
  readonly isShown: () => boolean;
}

/** `onShow` is called once, before anything is told. */
export function holdEvents(emit: (event: RunEvent) => void, onShow: () => void): HeldEvents {
  let held: RunEvent[] | null = [];

  function show(): void {
    if (held === null) return;
    const events = held;
    held = null;
    onShow();
    for (const event of events) emit(event);
  }

  return {
    emit(event) {
      // Of use in its moment only.
      if (event.event === 'run-progress' && held !== null) return;
      if (!isQuiet(event)) show();
      if (held === null) emit(event);
      else held.push(event);
    },
    show,
    isShown: () => held === null,
  };
}

function isQuiet(event: RunEvent): boolean {
  switch (event.event) {
    case 'run-started':
    case 'notice':
      return true;
    case 'task-finished':
      return event.outcome === 'up-to-date';
    case 'run-finished':
      return event.exitCode === 0;
    default:
      return false;
  }
}
