/**
 * What `orch watch` says between runs. Off a terminal: a line when it begins to wait and one for each change that
 * sets off a run. On a terminal: each run begins on a clear screen, and below it stands one line that is written
 * over in place. It knows events and words; what a stream is, and who prints the runs, is the caller's business.
 */
import type { WatchEventBody } from '../model/event.ts';
import { changePhrase, lastRunPhrase, watchedPhrase } from './phrases.ts';
import type { Style } from './plain.ts';

export interface WatchLinesOptions {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly quiet: boolean;
  readonly ascii: boolean;
  readonly style: Style;
  /** The present width of a terminal that lines can be written over on; null: it isn't one. */
  readonly columns: () => number | null;
  /** Begin each run on a clear screen; only on such a terminal. */
  readonly clears: boolean;
  /** Milliseconds, of a clock that never jumps. */
  readonly now: () => number;
}

export interface WatchLines {
  readonly tell: (event: WatchEventBody) => void;
  /** To be called before anything of a run is printed. */
  readonly beginRun: () => void;
  /** Leaves the terminal as it was found. */
  readonly close: () => void;
}

const CLEAR_SCREEN = '\x1b[2J\x1b[H';
const TO_LINE_START = '\r';
const CLEAR_TO_LINE_END = '\x1b[K';
/** The line says how long ago the last run was. */
const REPAINT_MS = 1_000;

export function createWatchLines(options: WatchLinesOptions): WatchLines {
  const { out, error, style, now } = options;
  const separator = options.ascii ? ' | ' : ' · ';
  const marks = options.ascii ? { watching: '~', change: '*' } : { watching: '👀', change: '🔁' };
  let change: string | null = null;
  let lastEndMs = 0;
  let isWaiting = false;
  let paint: (() => void) | null = null;
  let timer: NodeJS.Timeout | null = null;

  function showStatus(parts: (agoMs: number) => readonly string[]): void {
    paint = () => {
      const columns = options.columns();
      if (columns === null) return;
      // One column stays free: a full line would wrap and then couldn't be written over.
      let shown = [...parts(now() - lastEndMs)];
      while (shown.length > 1 && shown.join(separator).length >= columns) shown = shown.slice(0, -1);
      const text = shown.join(separator).slice(0, Math.max(0, columns - 1));
      error(`${TO_LINE_START}${style.dim(text)}${CLEAR_TO_LINE_END}`);
    };
    timer ??= setInterval(() => paint?.(), REPAINT_MS);
    paint();
  }

  function hideStatus(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
    if (paint !== null && options.columns() !== null) error(`${TO_LINE_START}${CLEAR_TO_LINE_END}`);
    paint = null;
  }

  function wait(event: Extract<WatchEventBody, { event: 'watch-waiting' }>): void {
    // A run that had nothing to tell leaves things as they are.
    if (isWaiting || options.quiet) return;
    isWaiting = true;
    lastEndMs = now();
    const watched = watchedPhrase(event.files, event.folders, event.pollMs);
    if (options.columns() === null)
      out(
        `${[`${marks.watching} Watching ${watched}`, lastRunPhrase(event.exitCode, null), 'Ctrl-C to stop'].join(separator)}\n`,
      );
    else
      showStatus((agoMs) => [`watching ${watched}`, lastRunPhrase(event.exitCode, agoMs), 'Ctrl-C to stop']);
  }

  return {
    tell(event) {
      switch (event.event) {
        case 'watch-waiting':
          wait(event);
          break;
        case 'watch-change':
          change = `${marks.change} ${changePhrase(event.paths, event.count)}`;
          // On a terminal the run that is ended here vanishes with the screen; what changed stands above the next.
          if (!event.interrupts || options.columns() !== null || options.quiet) break;
          out(`${change}: starting anew\n`);
          change = null;
          break;
        case 'notice': {
          const wasShown = paint;
          if (wasShown !== null) error(`${TO_LINE_START}${CLEAR_TO_LINE_END}`);
          error(`${event.level}: ${event.message}\n`);
          wasShown?.();
          break;
        }
      }
    },
    beginRun() {
      hideStatus();
      isWaiting = false;
      if (options.clears && options.columns() !== null) out(CLEAR_SCREEN);
      if (change !== null && !options.quiet) out(`${change}\n`);
      change = null;
    },
    close: hideStatus,
  };
}
