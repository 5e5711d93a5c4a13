/**
 * A run as plain lines (SPEC E2): all that is printed off a terminal and in CI, and what scrolls above the live view.
 * Knows events and words only; where lines go is the caller's business.
 */
import type { RunEvent, RunEventBody } from '../model/event.ts';
import {
  ASCII_MARKS,
  countsPhrase,
  EMOJI_MARKS,
  failureTag,
  failureText,
  formatDuration,
  interruptingPhrase,
  outputPhrase,
  reasonPhrase,
  taskWaitingPhrase,
  waitingPhrase,
} from './phrases.ts';
import { asciiOnly, harmless } from './visible-text.ts';

export interface PlainOptions {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly quiet: boolean;
  readonly ascii: boolean;
  /** Of what goes to `out`. */
  readonly style: Style;
  /** Of what goes to `error`, which may be another kind of file. */
  readonly errorStyle: Style;
  /** The end of a log, ready for a terminal. */
  readonly tailOfLog: (path: string) => string;
  /** A path as the user would type it. */
  readonly shownPath: (path: string) => string;
  /** Task output is passed on line by line with the task's name before it; false: as it is. */
  readonly prefixOutput: boolean;
  /** Reads a whole log, ready for a terminal: a task's output is printed in one piece at its end. null: it isn't. */
  readonly wholeLog: ((path: string, onText: (text: string) => void) => void) | null;
  /** What encloses a task's output, for readers that can fold it away. */
  readonly fold: { readonly open: (title: string) => string; readonly close: string } | null;
  /** The live view shows what is running: no lines for starts and heartbeats, and ends say why the task ran. */
  readonly isLive: boolean;
}

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

type TaskFinished = Extract<RunEventBody, { event: 'task-finished' }>;

/** More up-to-date tasks than this in a row are one line. */
const MAX_UP_TO_DATE_LINES = 20;

export function createPlainReporter(options: PlainOptions): (event: RunEvent) => void {
  const { style, errorStyle } = options;
  const marks = options.ascii ? ASCII_MARKS : EMOJI_MARKS;
  /** Passed-on output may end within a line. */
  let isLineOpen = false;
  const line = (text: string) => {
    if (options.quiet) return;
    if (isLineOpen) options.out('\n');
    isLineOpen = false;
    options.out(`${options.ascii ? asciiOnly(text) : text}\n`);
  };
  const complain = (text: string) => options.error(`${options.ascii ? asciiOnly(text) : text}\n`);
  let upToDate: string[] = [];
  const failed: TaskFinished[] = [];
  /** Tasks whose output has been passed on as it came, with the end of it that isn't a line yet. */
  const streamed = new Map<string, string>();

  const flushUpToDate = () => {
    if (upToDate.length > MAX_UP_TO_DATE_LINES)
      line(`${marks.upToDate} ${upToDate.length} tasks are up to date`);
    else for (const task of upToDate) line(`${marks.upToDate} Task '${task}' is up to date`);
    upToDate = [];
  };

  const { fold } = options;
  /** The task whose output is being enclosed. */
  let folded: string | null = null;
  const openFold = (task: string) => {
    if (folded === task) return;
    closeFold();
    if (fold === null) return;
    folded = task;
    line(fold.open(outputPhrase(task)));
  };
  const closeFold = () => {
    if (folded !== null && fold !== null) line(fold.close);
    folded = null;
  };

  const passOn = (task: string, text: string) => {
    if (options.quiet || text === '') return;
    if (!options.prefixOutput) {
      streamed.set(task, '');
      openFold(task);
      options.out(text);
      isLineOpen = !text.endsWith('\n');
      return;
    }
    const lines = ((streamed.get(task) ?? '') + text).split('\n');
    streamed.set(task, lines.pop()!);
    for (const each of lines) options.out(`${style.dim(`[${task}]`)} ${each}\n`);
  };

  const finishStream = (task: string) => {
    const rest = streamed.get(task);
    if (rest) options.out(`${style.dim(`[${task}]`)} ${rest}\n`);
    streamed.delete(task);
  };

  /** All that a task printed, in one piece, so that it isn't mixed with what others print meanwhile. */
  const showOutput = (task: string, log: string) => {
    let isEmpty = true;
    options.wholeLog?.(log, (text) => {
      if (isEmpty && fold === null) line(style.dim(`${outputPhrase(task)}:`));
      isEmpty = false;
      openFold(task);
      options.out(text);
      isLineOpen = !text.endsWith('\n');
    });
  };

  const finished = (event: TaskFinished) => {
    if (event.log !== null && !options.quiet && !streamed.has(event.task)) showOutput(event.task, event.log);
    finishStream(event.task);
    if (folded === event.task) closeFold();
    const time = formatDuration(event.durationMs);
    const why = event.reason === null ? '' : style.dim(` (${harmless(reasonPhrase(event.reason))})`);
    switch (event.outcome) {
      case 'succeeded':
        line(`${marks.done} Task '${event.task}' completed in ${time}${options.isLive ? why : ''}`);
        break;
      case 'restored':
        line(`${marks.restored} Task '${event.task}' restored from cache in ${time}${why}`);
        break;
      case 'failed':
        failed.push(event);
        line(
          style.red(
            `${marks.failed} Task '${event.task}' failed (${failureTag(event.failure!)}) after ${time}`,
          ) + (options.isLive ? why : ''),
        );
        break;
      case 'cancelled':
        line(style.yellow(`${marks.failed} Task '${event.task}' was interrupted after ${time}`));
        break;
      case 'upstream-failed':
        line(`${marks.skipped} Task '${event.task}' not run: a task that it needs failed`);
        break;
      case 'skipped':
        line(`${marks.skipped} Task '${event.task}' skipped`);
        break;
      case 'up-to-date':
        line(`${marks.upToDate} Task '${event.task}' is up to date${style.dim(' (accepted by hand)')}`);
        break;
      default:
        break;
    }
  };

  /** Last of all, so that it is what a user sees first: the cause, the last lines, where the rest is. */
  const explainFailures = () => {
    for (const event of failed) {
      complain('');
      complain(errorStyle.red(`${marks.failed} ${event.task}: ${harmless(failureText(event.failure!))}`));
      if (event.log === null) continue;
      const tail = options.tailOfLog(event.log);
      if (tail !== '') complain(tail.replace(/^/gm, '   | '));
      complain(`   log: ${options.shownPath(event.log)}`);
    }
  };

  return (event) => {
    if (event.event === 'run-progress') return;
    if (event.event === 'task-finished' && event.outcome === 'up-to-date' && event.accepted !== true) {
      upToDate.push(event.task);
      return;
    }
    flushUpToDate();
    switch (event.event) {
      case 'run-started':
        line(`${marks.target} Target: ${event.targets.join(', ')}`);
        for (const header of event.header) line(header);
        line(`${marks.force} Force rebuild: ${event.forced ? 'yes' : 'no'}`);
        break;
      case 'run-waiting':
        complain(`${marks.waiting} ${waitingPhrase(event.forRun, event.pid)}`);
        break;
      case 'task-waiting':
        complain(`${marks.waiting} ${taskWaitingPhrase(event.task, event.forTask, event.forRun, event.pid)}`);
        break;
      case 'run-interrupting':
        if (event.running > 0)
          complain(
            errorStyle.yellow(
              `${marks.waiting} ${interruptingPhrase(event.isKill, event.running, event.signal)}`,
            ),
          );
        break;
      case 'task-started':
        if (options.isLive) break;
        line(
          `${marks.running} Running task: ${event.task}${event.attempt > 1 ? ` (attempt ${event.attempt})` : style.dim(` (${harmless(reasonPhrase(event.reason))})`)}`,
        );
        break;
      case 'task-heartbeat':
        if (options.isLive) break;
        line(
          `${marks.waiting} Task '${event.task}' is still running after ${formatDuration(event.elapsedMs)}`,
        );
        break;
      case 'task-output':
        passOn(event.task, event.text);
        break;
      case 'task-retrying':
        line(
          `${marks.retry} Task '${event.task}' failed (${failureTag(event.failure)}); retry ${event.attempt} of ${event.limit} in ${formatDuration(event.delayMs)}`,
        );
        break;
      case 'task-finished':
        finished(event);
        break;
      case 'notice':
        complain(`${event.level === 'note' ? 'note' : event.level}: ${event.message}`);
        break;
      case 'run-finished': {
        const saved = event.savedMs >= 10 ? `, ${formatDuration(event.savedMs)} saved by the cache` : '';
        line(`${marks.summary} ${countsPhrase(event.counts)} in ${formatDuration(event.durationMs)}${saved}`);
        if (event.state === 'succeeded') {
          line(style.green(`${marks.success} Pipeline completed successfully!`));
          for (const summary of event.summary) line(summary);
        }
        explainFailures();
        if (event.state === 'interrupted')
          complain(errorStyle.yellow('Interrupted. The same command goes on from here.'));
        break;
      }
    }
  };
}
