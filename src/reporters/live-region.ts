/**
 * The live region as lines: a spinner for each running task, then one bar for the whole run. A pure function of
 * what is shown and of the terminal's size: no line is wider than the terminal, and there are never more lines than
 * leave room for what scrolls above. Where the lines go, and how they come off again, it doesn't know.
 *
 *     ⠹ extract                   8s / ~15s  input raw.csv changed
 *     ⠹ train[model=gbm,month=3]  1m 12s / ~2m 05s
 *     … and 12 more running
 *     ⣿⣿⣿⣿⣿⣿⣿⣇⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀  37/100  37%  ~4m 10s left  2 failed
 *
 * The signs are Braille on purpose: blocks and lines of other alphabets are two columns wide on many East Asian
 * terminals, and a line that wraps can't be taken off again.
 */
import { stripVTControlCharacters } from 'node:util';
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { hasRoom, regionHeight } from './live-room.ts';
import type { LiveState, RunningTask } from './live-state.ts';
import {
  elapsedPhrase,
  FINISHING_PHRASE,
  failedPhrase,
  interruptingPhrase,
  LOOKING_PHRASE,
  leftPhrase,
  moreRunningPhrase,
  reasonPhrase,
  retryPhrase,
  roughDuration,
  waitingPhrase,
} from './phrases.ts';
import type { Style } from './plain.ts';
import { asciiOnly, visible } from './visible-text.ts';

export interface RegionView {
  readonly columns: number;
  readonly rows: number;
  /** By the clock of the state's times. */
  readonly nowMs: number;
  /** The end of a task's output that isn't a whole line yet. */
  readonly openLine: string;
  readonly ascii: boolean;
  readonly style: Style;
}

interface Signs {
  readonly spinner: readonly string[];
  readonly ellipsis: string;
  /** Full, half and empty cell of the bar, and what stands at its ends. */
  readonly bar: readonly [full: string, half: string, empty: string, left: string, right: string];
}

const BRAILLE: Signs = {
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  ellipsis: '…',
  bar: ['⣿', '⣇', '⣀', '', ''],
};
const ASCII: Signs = {
  spinner: ['|', '/', '-', '\\'],
  ellipsis: '...',
  bar: ['#', '-', '-', '[', ']'],
};

const SPINNER_MS = 100;
/** Between name, time and reason. */
const GAP = '  ';

/** Columns that a line takes, colours aside: at most, for terminals that don't join what belongs together. */
export function widthOf(line: string): number {
  const joined = stringWidth(line);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are measured by the library.
  if (/^[\x1b\x20-\x7e]*$/.test(line)) return joined;
  let apart = 0;
  for (const char of stripVTControlCharacters(line)) apart += stringWidth(char);
  return Math.max(joined, apart);
}

/** The region's lines, coloured by `style`; none where there is nothing to show or no room. */
export function regionLines(state: LiveState, view: RegionView): readonly string[] {
  if (!hasRoom(view.columns, view.rows) || state.stage === 'over') return [];
  const height = regionHeight(view.rows);
  const pen = createPen(view);
  const open = view.openLine === '' ? [] : [pen.fit(pen.words(view.openLine), pen.width, 'start')];
  const status = statusLine(state, view, pen);
  const room = height - open.length - status.length;
  return [...open, ...(room > 0 ? taskLines(state.running, room, view, pen) : []), ...status].slice(-height);
}

interface Pen {
  /** Columns that may be used: at its very last one a terminal may wrap or not, and ora writes a space behind all. */
  readonly width: number;
  readonly signs: Signs;
  readonly spinner: string;
  /** As it may stand in a line. */
  words(text: string): string;
  /** At most `columns` wide; `side`: where it is cut if need be. */
  fit(text: string, columns: number, side: 'start' | 'middle' | 'end'): string;
}

function createPen({ columns, nowMs, ascii }: RegionView): Pen {
  const signs = ascii ? ASCII : BRAILLE;
  return {
    width: columns - 2,
    signs,
    spinner: signs.spinner[Math.floor(nowMs / SPINNER_MS) % signs.spinner.length]!,
    // Nobody reads more of a name, and measuring takes time.
    words: (text) =>
      (ascii ? asciiOnly(visible(text.replace(/\p{Cc}/gu, '?'))) : visible(text)).slice(0, 2_000),
    fit(text, room, side) {
      for (let limit = room; limit > 0; limit--) {
        const cut = cliTruncate(text, limit, {
          position: limit < 2 * signs.ellipsis.length + 2 ? 'end' : side,
          truncationCharacter: limit <= signs.ellipsis.length ? '' : signs.ellipsis,
        });
        // The cut may come out too wide where it would go through a wide character.
        if (widthOf(cut) <= room) return cut;
      }
      return '';
    },
  };
}

function taskLines(
  running: readonly RunningTask[],
  height: number,
  view: RegionView,
  pen: Pen,
): readonly string[] {
  const shown = running.length <= height ? running : running.slice(0, height - 1);
  const rest = running.length - shown.length;
  const rows = shown.map((task) => {
    const name = pen.words(task.task);
    return { task, name, nameWidth: widthOf(name), time: timeOf(task, view.nowMs) };
  });
  const room = pen.width - ` ${pen.spinner} `.length;
  const timeWidth = Math.max(0, ...rows.map(({ time }) => time.length));
  // Times stand below each other, as far as short names go: one long name doesn't push them all away.
  const column = Math.min(Math.max(0, ...rows.map((row) => row.nameWidth)), Math.floor(room / 2));
  const lines = rows.map(({ task, name, time }) => {
    const cut = pen.fit(name, room - GAP.length - Math.min(time.length, room >> 1), 'middle');
    const shownTime = pen.fit(time, room - widthOf(cut) - GAP.length, 'end');
    const left = room - GAP.length - shownTime.length;
    const padded = cut + ' '.repeat(Math.max(0, Math.min(column, left) - widthOf(cut)));
    const why = task.attempt === 1 && task.retry === null ? pen.words(reasonPhrase(task.reason)) : '';
    const pad = ' '.repeat(Math.max(0, timeWidth - shownTime.length));
    const whyRoom = room - widthOf(padded) - GAP.length - shownTime.length - pad.length - GAP.length;
    // A few letters of a reason explain nothing.
    const isShown = why !== '' && whyRoom >= Math.min(widthOf(why), 24);
    const tail = isShown ? pad + GAP + pen.fit(why, whyRoom, 'end') : '';
    return ` ${view.style.cyan(pen.spinner)} ${padded}${GAP}${view.style.dim(shownTime + tail)}`;
  });
  if (rest > 0) {
    const more = `   ${pen.signs.ellipsis} ${moreRunningPhrase(rest)}`;
    lines.push(view.style.dim(pen.fit(more, pen.width, 'end')));
  }
  return lines;
}

function timeOf({ startedMs, expectedMs, retry }: RunningTask, nowMs: number): string {
  return retry === null
    ? elapsedPhrase(nowMs - startedMs, expectedMs)
    : retryPhrase(retry.attempt, retry.limit, retry.dueMs - nowMs);
}

/** The last lines: what the run as a whole is doing. A run of one task says it all with that task's line. */
function statusLine(state: LiveState, view: RegionView, pen: Pen): readonly string[] {
  const { style } = view;
  const doing = (text: string, paint = (plain: string) => plain) => [
    ` ${style.cyan(pen.spinner)} ${paint(pen.fit(pen.words(text), pen.width - 3, 'end'))}`,
  ];
  if (state.interrupted !== null)
    return doing(
      interruptingPhrase(state.interrupted.isKill, state.running.length, state.interrupted.signal),
      style.yellow,
    );
  if (state.waiting !== null) {
    const { forRun, pid, sinceMs } = state.waiting;
    const elapsed = roughDuration(view.nowMs - sinceMs);
    const words = pen.fit(pen.words(waitingPhrase(forRun, pid)), pen.width - 5 - elapsed.length, 'middle');
    return doing(`${words}  ${elapsed}`);
  }
  if (state.stage === 'looking')
    return doing(LOOKING_PHRASE + (state.total > 0 ? `  ${state.settled}/${state.total}` : ''));
  const isIdle = state.running.length === 0;
  if (state.total <= 1) return isIdle ? doing(FINISHING_PHRASE) : [];
  return [...(isIdle ? doing(FINISHING_PHRASE) : []), barLine(state, view, pen)];
}

function barLine(
  { settled, total, remainingMs, failed }: LiveState,
  { style }: RegionView,
  pen: Pen,
): string {
  const share = Math.min(1, settled / total);
  const [full, half, empty, left, right] = pen.signs.bar;
  const words: { readonly text: string; readonly paint: (text: string) => string }[] = [
    { text: `${settled}/${total}`, paint: style.bold },
  ];
  if (failed > 0) words.push({ text: failedPhrase(failed), paint: style.red });
  words.splice(1, 0, { text: `${Math.floor(share * 100)}%`, paint: (text) => text });
  if (remainingMs !== null && remainingMs >= 1_000)
    words.splice(2, 0, { text: leftPhrase(remainingMs), paint: (text) => text });
  const widthOf = () => words.reduce((sum, { text }) => sum + 2 + text.length, 0);
  // What doesn't fit goes: most of the bar, the percentage, the time left, the failures.
  const least = 4;
  while (words.length > 1 && 1 + least + widthOf() > pen.width) words.splice(1, 1);
  const ends = left.length + right.length;
  const cells = Math.max(0, Math.min(30, pen.width - 1 - widthOf() - ends));
  const halves = Math.round(share * cells * 2);
  const done = full.repeat(halves >> 1) + (halves % 2 === 1 ? half : '');
  const rest = empty.repeat(cells - done.length);
  const paint = failed > 0 ? style.red : style.green;
  const bar = ` ${left}${paint(done)}${style.dim(rest)}${right}`;
  return bar + words.map(({ text, paint: color }) => `  ${color(text)}`).join('');
}
