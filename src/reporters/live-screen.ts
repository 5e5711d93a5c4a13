/**
 * Draws the live region at the bottom of the terminal and lets lines scroll above it. The one place that moves the
 * cursor: it owns ora, the clock of repaints, and the signals by which a terminal or its shell takes a hand. It
 * doesn't know what the region says.
 *
 * Lines come in whole: what a task has printed of a line so far is shown in the region until the rest has come.
 * Repaints come at most every TICK_MS, whatever happens: what is written in between waits for the next one.
 */
import type { Ora, Options as OraOptions } from 'ora';
import type { Foreground } from '../base/foreground.ts';

export interface ScreenOptions {
  readonly out: NodeJS.WriteStream;
  /** The terminal that the region is drawn on. */
  readonly error: NodeJS.WriteStream;
  readonly outKind: OutKind;
  readonly foreground: Foreground;
}

/**
 * Where stdout goes. `terminal`: to the same terminal as stderr. `file`: nowhere near. `pipe`: to a program that may
 * print it on the same terminal a moment later (`| tee log`).
 */
export type OutKind = 'terminal' | 'file' | 'pipe';

export interface RegionSource {
  readonly ora: (options: OraOptions) => Ora;
  /** The region's lines now, none where there is nothing to show. */
  readonly lines: (size: { columns: number; rows: number; openLine: string }) => readonly string[];
  /** Columns that a line takes. */
  readonly widthOf: (line: string) => number;
}

export interface Screen {
  write(to: 'out' | 'error', text: string): void;
  /** From now on the region is drawn. */
  show(source: RegionSource): void;
  /** Takes the region off, writes what is waiting, gives the terminal back. From then on all is written at once. */
  close(): void;
}

const TICK_MS = 120;
/** Readers of a pipe get lines this often, and the next tick to print them before the region comes back. */
const PIPE_MS = 1_000;
/** More text than this isn't kept waiting for a repaint, nor is a line that long for its end. */
const MAX_WAITING_CHARS = 1_000_000;
const MAX_OPEN_CHARS = 16_384;
/** ora's own clock isn't used: it would repaint besides ours. The longest interval that a timer takes. */
const NEVER_MS = 2 ** 31 - 1;
/** A stream takes so much at once before it asks for a pause, which ora would take. */
const MAX_SINGLE_WRITE_CHARS = 8_000;

const SHOW_CURSOR = '\x1b[?25h';
/** The terminal shows what follows in one go (where it knows how); ora ends it after its own frame. */
const BEGIN_UPDATE = '\x1b[?2026h';

export function createScreen({ out, error, outKind, foreground }: ScreenOptions): Screen {
  // ora replaces `write` while it spins, so as to repaint after everybody's writing.
  const raw = { out: out.write.bind(out), error: error.write.bind(error) };
  let source: RegionSource | null = null;
  let spinner: Ora | null = null;
  let painted: readonly string[] = [];
  let waiting: { readonly to: 'out' | 'error'; text: string }[] = [];
  let waitingChars = 0;
  let open: { readonly to: 'out' | 'error'; text: string } = { to: 'out', text: '' };
  let clock: NodeJS.Timeout | undefined;
  let pipeDueMs = 0;
  let isClosed = false;

  function write(to: 'out' | 'error', text: string): void {
    if (isClosed || (to === 'out' && outKind === 'file')) {
      raw[to](text);
      return;
    }
    const end = text.lastIndexOf('\n') + 1;
    if (open.to === to) {
      if (end > 0) add(to, open.text + text.slice(0, end));
      open = { to, text: end > 0 ? text.slice(end) : open.text + text };
    } else {
      if (end > 0) add(to, text.slice(0, end));
      // Two streams with an open line each: the older one is ended.
      if (end < text.length) {
        if (open.text !== '') add(open.to, `${open.text}\n`);
        open = { to, text: text.slice(end) };
      }
    }
    if (open.text.length > MAX_OPEN_CHARS) {
      add(open.to, `${open.text}\n`);
      open = { to: open.to, text: '' };
    }
    if (spinner === null) flush();
    else if (waitingChars > MAX_WAITING_CHARS) {
      spinner.clear();
      flush();
    }
  }

  function add(to: 'out' | 'error', text: string): void {
    const last = waiting.at(-1);
    if (last?.to === to) last.text += text;
    else waiting.push({ to, text });
    waitingChars += text.length;
  }

  /** On one terminal, lines between two drawings go the same way as these: so they stay in order in one write. */
  function flush(by?: 'error'): void {
    const texts = waiting;
    waiting = [];
    waitingChars = 0;
    for (const { to, text } of texts) raw[by ?? to](text);
  }

  function tick(): void {
    const { columns, rows } = error;
    const lines = foreground.isOurs() ? source!.lines({ columns, rows, openLine: open.text }) : [];
    if (lines.length === 0) {
      hide();
      flush();
      return;
    }
    if (outKind === 'pipe' && waiting.length > 0) {
      const nowMs = performance.now();
      if (nowMs >= pipeDueMs) {
        pipeDueMs = nowMs + PIPE_MS;
        spinner?.clear();
        flush();
        return;
      }
      paint(lines);
    } else if (waiting.length > 0 && spinner !== null && outKind === 'terminal') {
      // In one write even a terminal that knows no updates in one go hardly ever shows a half of it.
      const isSingle = waitingChars <= MAX_SINGLE_WRITE_CHARS;
      if (isSingle) error.cork();
      raw.error(BEGIN_UPDATE);
      spinner.clear();
      flush('error');
      paint(lines);
      if (isSingle) error.uncork();
    } else {
      spinner?.clear();
      flush();
      paint(lines);
    }
  }

  /** The whole region is ora's frame; behind it the cursor goes to the line's start, where `^C` does no harm. */
  function paint(lines: readonly string[]): void {
    const frame = { frames: [lines.join('\n')] };
    painted = lines;
    if (spinner === null) {
      spinner = source!.ora({
        stream: error,
        isEnabled: true,
        discardStdin: false,
        color: false,
        interval: NEVER_MS,
        spinner: frame,
        text: '\r',
      });
      spinner.start();
      return;
    }
    spinner.spinner = frame;
    spinner.render();
  }

  /** Off the screen, cursor shown. */
  function hide(): void {
    spinner?.stop();
    spinner = null;
    painted = [];
  }

  /** ora forgets what it has drawn, which somebody else has moved or overwritten. */
  function abandon(): void {
    if (spinner === null) return;
    spinner.isSilent = true;
    spinner.stop();
    spinner = null;
    painted = [];
    raw.error(SHOW_CURSOR);
  }

  /**
   * The terminal has wrapped lines that are too wide now; the cursor is in the first row of the last one. All of it is
   * taken off at once and drawn with the next tick.
   */
  function onResize(): void {
    if (spinner === null) return;
    const rowsOf = (line: string) =>
      error.columns > 0 ? Math.max(1, Math.ceil(source!.widthOf(line) / error.columns)) : 1;
    const above = painted.slice(0, -1).reduce((rows, line) => rows + rowsOf(line), 0);
    raw.error(`\r${above > 0 ? `\x1b[${above}A` : ''}\x1b[J`);
    abandon();
  }

  /** Ctrl-Z: the shell gets its terminal back as it was; then the process stops as if nobody had listened. */
  function onSuspend(): void {
    hide();
    flush();
    process.off('SIGTSTP', onSuspend);
    process.kill(process.pid, 'SIGTSTP');
    // It goes on from here (`fg`, `bg`).
    process.on('SIGTSTP', onSuspend);
  }

  /** Whatever stopped us, others have written since, and it may be the background that we are in now. */
  function onContinue(): void {
    foreground.forget();
    abandon();
  }

  function close(): void {
    if (isClosed) return;
    clearInterval(clock);
    error.off('resize', onResize);
    process.off('SIGTSTP', onSuspend);
    process.off('SIGCONT', onContinue);
    process.off('exit', close);
    hide();
    flush();
    isClosed = true;
    if (open.text !== '') raw[open.to](open.text);
  }

  return {
    write,
    show(from) {
      if (isClosed || source !== null) return;
      source = from;
      error.on('resize', onResize);
      process.on('SIGTSTP', onSuspend);
      process.on('SIGCONT', onContinue);
      // A bug that ends the process, and whatever else skips `close`.
      process.on('exit', close);
      clock = setInterval(tick, TICK_MS);
      clock.unref();
      tick();
    },
    close,
  };
}
