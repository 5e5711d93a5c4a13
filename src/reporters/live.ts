/**
 * A run on a terminal (SPEC E2): what is going on in a region at the bottom, what is done in plain lines above it.
 * Puts the parts together: the fold of events, the plain lines, the screen. ora and the drawing are loaded when there
 * is something to watch; a run that is over in a moment never loads them.
 */
import { watchForeground } from '../base/foreground.ts';
import type { RunEvent } from '../model/event.ts';
import { createScreen, type OutKind } from './live-screen.ts';
import { foldEvent, INITIAL_STATE } from './live-state.ts';
import { createPlainReporter, type PlainOptions } from './plain.ts';

export interface LiveOptions {
  readonly plain: Omit<PlainOptions, 'out' | 'error' | 'isLive'>;
  readonly out: NodeJS.WriteStream;
  readonly error: NodeJS.WriteStream;
  readonly outKind: OutKind;
}

export interface LiveReporter {
  readonly report: (event: RunEvent) => void;
  /** Gives the terminal back, whatever has happened. Harmless after the run's end. */
  readonly close: () => void;
}

/** How often the view wants to be told how far the run is. */
export const PROGRESS_MS = 100;

/** What is over sooner isn't worth a look. */
const SHOW_AFTER_MS = 150;
/** Looking for changes is usually over in a moment; where much has to be read, people wonder. */
const LOOKING_AFTER_MS = 1_000;

export function createLiveReporter({ plain, out, error, outKind }: LiveOptions): LiveReporter {
  const startedMs = performance.now();
  const screen = createScreen({ out, error, outKind, foreground: watchForeground() });
  const printLines = createPlainReporter({
    ...plain,
    out: (text) => screen.write('out', text),
    error: (text) => screen.write('error', text),
    isLive: outKind === 'terminal',
  });
  let state = INITIAL_STATE;
  let timer: { readonly id: NodeJS.Timeout; readonly dueMs: number } | null = null;

  function showBy(dueMs: number): void {
    if (timer !== null && timer.dueMs <= dueMs) return;
    clearTimeout(timer?.id);
    const id = setTimeout(() => void show(), Math.max(0, dueMs - performance.now()));
    id.unref();
    timer = { id, dueMs };
  }

  async function show(): Promise<void> {
    const [{ default: ora }, { regionLines, widthOf }] = await Promise.all([
      import('ora'),
      import('./live-region.ts'),
    ]);
    screen.show({
      ora,
      widthOf,
      lines: ({ columns, rows, openLine }) =>
        regionLines(state, {
          columns,
          rows,
          openLine,
          nowMs: performance.now(),
          ascii: plain.ascii,
          style: plain.errorStyle,
        }),
    });
  }

  function close(): void {
    clearTimeout(timer?.id);
    screen.close();
  }

  return {
    report(event) {
      const nowMs = performance.now();
      state = foldEvent(state, event, nowMs);
      if (event.event === 'run-finished') close();
      else if (state.running.length > 0 || state.waiting !== null) showBy(nowMs + SHOW_AFTER_MS);
      else if (event.event === 'run-progress') showBy(startedMs + LOOKING_AFTER_MS);
      printLines(event);
    },
    close,
  };
}
