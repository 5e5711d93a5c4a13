/** Every word about tasks and runs that a user reads: one phrase for each reason, failure and outcome. */
import { unreachable } from '../base/outcome.ts';
import type { ContentChange, StaleReason, ValueChange } from '../model/decision.ts';
import type { RunCounts, TaskOutcome } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import type { JsonValue } from '../model/ids.ts';
import type { FileFate } from '../model/prediction.ts';
import { cutPair, printable, shownPair, shownValue, writtenDuration } from './shown.ts';

/** What a probe said is a sentence rather than a value. */
const MAX_DETAIL = 200;

/** Why a task runs or is restored, as a phrase that goes into parentheses. */
export function reasonPhrase(reason: StaleReason): string {
  return printable(phraseOf(reason));
}

function phraseOf(reason: StaleReason): string {
  switch (reason.why) {
    case 'forced':
      return 'forced';
    case 'always-runs':
      return 'always runs';
    case 'never-ran':
      return 'never ran';
    case 'failed-last':
      if (reason.failure === null) return 'failed last time';
      return reason.failure.kind === 'interrupted'
        ? 'was interrupted last time'
        : `failed last time: ${failureTag(reason.failure)}`;
    case 'died-last':
      return 'died last time, before its end';
    case 'expired':
      return reason.ageMs < 0
        ? 'its result expired: made in the future, by this clock'
        : `its result expired: older than ${writtenDuration(reason.limitMs)}`;
    case 'probe-failed':
      return `no longer in place: ${cutPair(reason.detail, '', MAX_DETAIL)[0]}`;
    case 'input-changed':
      return isModeOnly(reason)
        ? `input ${reason.path} ${mode(reason.executable)}`
        : `input ${reason.path} changed`;
    case 'input-added':
      return `input ${reason.path} added`;
    case 'input-removed':
      return `input ${reason.path} removed`;
    case 'upstream-changed':
      return isModeOnly(reason)
        ? `${reason.path} of ${reason.task} ${mode(reason.executable)}`
        : `${reason.task} made a new ${reason.path}`;
    case 'need-changed':
      return `need ${reason.task} ${reason.from === null ? 'added' : reason.to === null ? 'removed' : 'changed'}`;
    case 'param-changed':
      return valuePhrase('parameter', reason);
    case 'matrix-changed':
      return valuePhrase('matrix value', reason);
    case 'env-changed':
      return valuePhrase('variable', reason);
    case 'secret-changed':
      return `secret ${reason.name} ${reason.change}`;
    case 'command-changed':
      return reason.isScript ? `command changed in ${linesPhrase(reason)}` : 'command changed';
    case 'shell-changed':
      return wentPhrase('shell', shownShell(reason.from), shownShell(reason.to));
    case 'dir-changed':
      return wentPhrase('dir', reason.from || '.', reason.to || '.');
    case 'outputs-changed':
      return `declared output ${reason.path} ${reason.change}`;
    case 'tool-changed': {
      const { command, from, to } = reason;
      if (from === null || to === null)
        return `tool ${shownValue(command)} ${from === null ? 'added' : 'removed'}`;
      return wentPhrase(shownValue(command), from, to);
    }
    case 'scope-changed':
      return wentPhrase('cache scope', reason.from, reason.to);
    case 'output-missing':
      return `output ${reason.path} missing`;
    case 'output-edited':
      return `output ${reason.path} was edited`;
    case 'output-of-another-result':
      return `output ${reason.path} is of another result`;
    case 'evicted':
      return reason.isAbsent
        ? `output ${reason.path} missing, and no longer in the cache`
        : `${reason.path} is no longer in the cache`;
    case 'damaged':
      return reason.isAbsent
        ? `output ${reason.path} missing, and damaged in the cache`
        : `${reason.path} was damaged in the cache`;
    case 'no-record':
      return 'no record of its last result';
    default:
      return unreachable(reason);
  }
}

function valuePhrase(what: string, { name, from, to }: ValueChange<JsonValue>): string {
  if (from === undefined) return `${what} ${name} added: ${shownValue(to)}`;
  if (to === undefined) return `${what} ${name} removed`;
  return wentPhrase(`${what} ${name}`, from, to);
}

function wentPhrase(what: string, from: JsonValue, to: JsonValue): string {
  const [a, b] = shownPair(from, to);
  return `${what} went from ${a} to ${b}`;
}

function shownShell(shell: readonly string[]): string {
  return shell.length === 0 ? 'none' : shell.join(' ');
}

function isModeOnly({ from, to, executable }: ContentChange): boolean {
  return from === to && executable !== undefined;
}

function mode(executable: boolean | undefined): string {
  return executable === true ? 'became executable' : 'is no longer executable';
}

type CommandChange = Extract<StaleReason, { why: 'command-changed' }>;

function linesPhrase({ lines, count }: CommandChange): string {
  const numbers = [...new Set(lines.map(({ line }) => line))];
  if (count !== lines.length || numbers.length > 3) return `${count} lines`;
  const last = numbers[numbers.length - 1] ?? 1;
  return numbers.length <= 1 ? `line ${last}` : `lines ${numbers.slice(0, -1).join(', ')} and ${last}`;
}

/** What a run would do with a file that is in its way. */
export function fileFatePhrase({ path, task, would, because }: FileFate): string {
  const how = would === 'remove' ? 'removed (it is in the cache)' : 'set aside under .cache/replaced/';
  return because === 'orphan'
    ? `${path}, an output that no task makes any more, would be ${how} before ${task} runs`
    : `${path}, not made by orch or edited since, would be ${how} to make room for ${task}`;
}

/** What goes into `failed (…)`: short. */
export function failureTag(failure: Failure): string {
  switch (failure.kind) {
    case 'exit':
      return `exit ${failure.code}`;
    case 'signal':
      return failure.signal;
    case 'timeout':
      return 'timeout';
    case 'spawn':
      return 'could not start';
    case 'interrupted':
      return 'interrupted';
    case 'output-missing':
      return 'output missing';
    case 'output-not-regular':
      return 'unusable output';
    case 'input-changed':
      return 'input changed while running';
    case 'input-missing':
      return 'input missing';
    case 'input-unusable':
      return 'unusable input';
    case 'expression':
      return 'expression error';
    case 'metrics-unreadable':
      return 'unreadable metrics';
    case 'output-changed':
      return 'output changed afterwards';
    case 'output-occupied':
      return 'output occupied';
    case 'secret-missing':
      return 'secret not set';
    case 'resources':
      return 'not enough resources';
    case 'tool':
      return 'tool check failed';
    case 'io':
      return failure.code;
    case 'internal':
      return 'internal error';
    default:
      return unreachable(failure);
  }
}

/** The whole cause and what to do next. */
export function failureText(failure: Failure): string {
  switch (failure.kind) {
    case 'exit':
      return `the command exited with ${failure.code}`;
    case 'signal':
      return `the command was ended by ${failure.signal}`;
    case 'timeout':
      return `the command was ended after its timeout of ${formatDuration(failure.afterMs)}; raise \`timeout\` if it needs longer`;
    case 'spawn':
      return `the command could not be started: ${failure.message}`;
    case 'interrupted':
      return `interrupted (${failure.signal})`;
    case 'output-missing':
      return `the command succeeded but did not make its declared output ${failure.paths.join(', ')}`;
    case 'output-not-regular':
      return `the declared output ${failure.path} is ${failure.found}; outputs are files, folders (written with a final /) or links`;
    case 'input-changed':
      return `${failure.paths.join(', ')} changed again while the command was running, so its result was not kept; run again when nothing writes there`;
    case 'input-missing':
      return `the input ${failure.path} does not exist and no task makes it`;
    case 'input-unusable':
      return `the input ${failure.path} ${failure.message}`;
    case 'expression':
      return `${failure.file === '' ? '' : `${failure.file}:${failure.line}:${failure.column}: `}${failure.message}`;
    case 'metrics-unreadable':
      return `the metrics file ${failure.path} is not valid JSON: ${failure.message}`;
    case 'output-changed':
      return `${failure.paths.join(', ')} changed after the command had ended: does it leave a process behind that still writes?`;
    case 'output-occupied':
      return (
        `${failure.output} already holds files that orch did not make: ${someOf(failure.paths)}. ` +
        `Keep them as the result with \`orch accept ${typed(failure.task)}\`, or set them aside with \`orch run --replace ${typed(failure.task)}\``
      );
    case 'secret-missing':
      return `its secret ${failure.name} is not set: set the variable ${failure.name}, or write it into .env.secrets`;
    case 'resources':
      return `it needs ${failure.name} ${failure.wanted}, but there is only ${failure.total}; give more with --resources ${failure.name}=N`;
    case 'tool':
      return `the tool check \`${failure.command}\` failed: ${failure.message}`;
    case 'io':
      return `could not ${failure.doing} ${failure.path}: ${errorCodeText(failure.code)}`;
    case 'internal':
      return `internal error: ${failure.message}`;
    default:
      return unreachable(failure);
  }
}

/** A task as it's typed in a shell: the label of a cell has brackets, which shells take for patterns. */
export function typed(label: string): string {
  return /^[\w.,:=/%+-]+$/.test(label) ? label : `'${label.replaceAll("'", "'\\''")}'`;
}

/** Of a run whose records can't be written any more. */
export function recordsLostPhrase(path: string, code: string): string {
  return (
    `what is done can no longer be recorded in ${path}: ${errorCodeText(code)}. Nothing new is started, and what is running comes to its end. ` +
    `${capitalised(remedyFor(code))}, and the same command goes on from what is recorded`
  );
}

/** What can be done about a file or folder that the system refuses to write, by the system's code. */
export function remedyFor(code: string): string {
  switch (code) {
    case 'ENOSPC':
      return 'make room there (`df -h`, and `df -i` for the number of files)';
    case 'EDQUOT':
      return 'make room there';
    case 'EFBIG':
      return 'raise the limit on the size of files (`ulimit -f`)';
    case 'EMFILE':
    case 'ENFILE':
      return 'raise the limit of open files (`ulimit -n`)';
    case 'EIO':
      return 'see what is wrong with the disk';
    default:
      return 'make it writable';
  }
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

export function errorCodeText(code: string): string {
  const texts: Record<string, string> = {
    ENOSPC: 'no space left on the device',
    EDQUOT: 'disk quota exceeded',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EROFS: 'read-only file system',
    EIO: 'input/output error',
    EMFILE: 'too many open files',
    EFBIG: 'file too large',
    ENOTDIR: 'not a folder',
    EISDIR: 'is a folder',
    ENOTEMPTY: 'folder not empty',
  };
  return texts[code] === undefined ? code : `${texts[code]} (${code})`;
}

function someOf(paths: readonly string[]): string {
  return paths.length <= 5
    ? paths.join(', ')
    : `${paths.slice(0, 5).join(', ')} and ${paths.length - 5} more`;
}

/** `0.02s`, `15.23s`, `2m 05s`, `1h 02m`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 59.995) return `${seconds.toFixed(2)}s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m ${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}

export function countsPhrase(counts: RunCounts): string {
  return [
    `${counts.run} run`,
    `${counts.restored} restored`,
    `${counts.upToDate} up to date`,
    `${counts.failed} failed`,
    `${counts.skipped} skipped`,
  ].join(', ');
}

// ---- watching ---------------------------------------------------------------------------------------------

/** `214 files in 12 folders`; where the system tells of nothing, how often is looked. */
export function watchedPhrase(files: number, folders: number, pollMs: number | null): string {
  const all = files === 1 ? '1 file' : `${files} files`;
  if (pollMs !== null) return `${all}, looking every ${pollMs / 1_000}s`;
  return `${all} in ${folders === 1 ? '1 folder' : `${folders} folders`}`;
}

/** How the last run ended; `agoMs` null: without when. */
export function lastRunPhrase(exitCode: number, agoMs: number | null): string {
  const how = exitCode === 0 ? 'ok' : exitCode === 2 ? 'not possible (exit 2)' : `failed (exit ${exitCode})`;
  if (agoMs === null) return `last run ${how}`;
  const seconds = Math.floor(agoMs / 1_000);
  const ago =
    seconds < 60
      ? `${seconds}s`
      : seconds < 3_600
        ? `${Math.floor(seconds / 60)}m`
        : `${Math.floor(seconds / 3_600)}h ${Math.floor((seconds % 3_600) / 60)}m`;
  return `last run ${seconds < 1 ? 'just now' : `${ago} ago`} ${how}`;
}

/** `a.txt, b.txt and 3 more changed` */
export function changePhrase(paths: readonly string[], count: number): string {
  const shown = paths.slice(0, 3);
  const more = count - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''} changed`;
}

/** Marks before lines; plain ASCII where the locale can't show the others. */
export interface Marks {
  readonly target: string;
  readonly force: string;
  readonly running: string;
  readonly done: string;
  readonly upToDate: string;
  readonly restored: string;
  readonly failed: string;
  readonly retry: string;
  readonly skipped: string;
  readonly waiting: string;
  readonly summary: string;
  readonly success: string;
}

export const EMOJI_MARKS: Marks = {
  target: '🎯',
  force: '🔄',
  running: '🚀',
  done: '✅',
  upToDate: '⏭️ ',
  restored: '📦',
  failed: '❌',
  retry: '🔁',
  skipped: '⏭️ ',
  waiting: '⏳',
  summary: '📋',
  success: '🎉',
};

export const ASCII_MARKS: Marks = {
  target: '*',
  force: '*',
  running: '>',
  done: '+',
  upToDate: '=',
  restored: '<',
  failed: 'x',
  retry: '~',
  skipped: '-',
  waiting: '~',
  summary: '*',
  success: '+',
};

/** In a table; a failure has words of its own. */
export function outcomePhrase(outcome: TaskOutcome): string {
  const phrases: Readonly<Record<TaskOutcome, string>> = {
    succeeded: 'completed',
    'up-to-date': 'up to date',
    restored: 'restored from cache',
    failed: 'failed',
    'upstream-failed': 'not run: a task that it needs failed',
    skipped: 'skipped',
    cancelled: 'interrupted',
    'not-started': 'not started',
  };
  return phrases[outcome];
}

/** Above all that a task printed. */
export function outputPhrase(task: string): string {
  return `Output of ${task}`;
}

// ---- the live view ----------------------------------------------------------------------------------------

/** Whole units, for times that are watched as they grow: `8s`, `2m 05s`, `1h 02m`, `1d 3h`. */
export function roughDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${String(minutes % 60).padStart(2, '0')}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** `12s`, and with the past in mind `12s / ~2m 05s`. Under a second, what is expected says nothing. */
export function elapsedPhrase(elapsedMs: number, expectedMs: number | null): string {
  const elapsed = roughDuration(elapsedMs);
  return expectedMs === null || expectedMs < 1_000 ? elapsed : `${elapsed} / ~${roughDuration(expectedMs)}`;
}

export function retryPhrase(attempt: number, limit: number, inMs: number): string {
  return `retry ${attempt}/${limit} in ${roughDuration(inMs)}`;
}

export function moreRunningPhrase(count: number): string {
  return `and ${count} more running`;
}

export function leftPhrase(remainingMs: number): string {
  return `~${roughDuration(remainingMs)} left`;
}

export function failedPhrase(count: number): string {
  return `${count} failed`;
}

/** A task that waits for what another run is doing with `forTask`. */
export function taskWaitingPhrase(task: string, forTask: string, forRun: string, pid: number): string {
  const what = task === forTask ? 'is making it' : `is at work on ${forTask}`;
  return `Task '${task}' is waiting for ${forRun} (process ${pid}), which ${what}`;
}

export function waitingPhrase(forRun: string, pid: number): string {
  return `Waiting for another run in this project: ${forRun} (process ${pid})`;
}

/** `running`: commands that are being ended. */
export function interruptingPhrase(isKill: boolean, running: number, signal: string): string {
  if (running === 0) return 'Interrupted: coming to an end';
  const tasks = running === 1 ? '1 running task' : `${running} running tasks`;
  const again = signal === 'SIGINT' ? 'Ctrl-C again' : 'another signal';
  return isKill ? `Killing ${tasks}` : `Interrupted: ending ${tasks}; ${again} kills at once`;
}

export const LOOKING_PHRASE = 'Looking for changes';
export const FINISHING_PHRASE = 'Checking, restoring, recording';
