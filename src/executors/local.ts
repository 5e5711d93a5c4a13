/**
 * Runs one attempt of a command on this machine, in a process group of its own, and ends all of it on a timeout
 * or an interrupt. It doesn't know tasks, retries, outputs or the journal: it gets a command line, a complete
 * environment and a log file, and reports how the command ended.
 *
 * What happens to processes that the command leaves behind:
 * - It exits with 0: nothing is ended yet: other tasks may use a server that it started. That should redirect its
 *   output, for the log is no longer read where secrets are masked. What still lives when the run ends is ended and
 *   told then (app/left-running).
 * - It fails, or a timeout or an interrupt ends it: everything it started is ended, what left the group included
 *   (setsid). It could still write to outputs that are being set aside, or collide with the next attempt.
 *
 * An interactive command shares orch's terminal and, so that the terminal lets it read, orch's process group:
 * Ctrl-C reaches it without our doing. It has no log, and its output can't be masked.
 *
 * Plain `spawn` instead of execa: a trivial task costs half (1.13 against 2.45 times ninja's time).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { atCrash, hasCrashed } from '../base/at-crash.ts';
import { createMasker } from '../base/mask.ts';
import type { Failure } from '../model/failure.ts';
import { type AttemptLog, openLog } from './attempt-log.ts';
import { DEFAULT_MAX_LOG_BYTES } from './log-cap.ts';
import { type Ending, endTree, MARKER_VARIABLE, markerValue } from './process-tree.ts';
import { refusedCommand, spawnFailure } from './spawn-failure.ts';

export interface AttemptRequest {
  /** Shell commands come as argv already: the shell with its options, then the script. */
  readonly command: { readonly kind: 'argv'; readonly argv: readonly string[] };
  /** Absolute. */
  readonly cwd: string;
  /** The whole environment: nothing is inherited besides it. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; its folder is made where absent. Nothing is written there for an interactive command. */
  readonly logPath: string;
  readonly timeoutMs: number | null;
  /** Between the first signal and SIGKILL. */
  readonly graceMs: number;
  /** Masked in the log. */
  readonly secretValues: readonly string[];
  readonly interactive: boolean;
  /** Default 100 MB. */
  readonly maxLogBytes?: number | undefined;
  /** Unique to this attempt, without `;`: by it, processes that left the group are found. */
  readonly marker: string;
}

export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface AttemptEnd {
  /** null: it exited with 0. Of the closed union, these occur: exit, signal, timeout, spawn, interrupted, io. */
  readonly failure: Failure | null;
  /** null where a signal ended it or it never started. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** What the log has now; 0: there is no file. */
  readonly logBytes: number;
  /** Processes that had left the group and were found and ended. */
  readonly escaped: readonly number[];
  /** Processes that outlived SIGKILL for seconds and were given up. */
  readonly unkillable: readonly number[];
}

export interface Attempt {
  /** Of the command, which is also its process group; null where it couldn't be started. */
  readonly pid: number | null;
  /** Unix time. */
  readonly startedAtMs: number;
  /** Never rejects for expected trouble. After a timeout or an interrupt no process of the attempt is alive. */
  readonly done: Promise<AttemptEnd>;
  /** Passes the signal on to all its processes, SIGKILL after the grace period. The first call counts. */
  interrupt(signal: InterruptSignal): void;
  /** SIGKILL to all its processes now. */
  kill(): void;
}

/** Starts the command. Synchronous, so that the caller can record the pid before anything else happens. */
export function startAttempt(request: AttemptRequest): Attempt {
  const startedAtMs = Date.now();
  const command = {
    argv: request.command.argv,
    cwd: request.cwd,
    env: { ...request.env, [MARKER_VARIABLE]: markerValue(request.marker) },
  };
  const masker = createMasker(request.secretValues);
  const spawnProblem = (message: string): Failure => ({ kind: 'spawn', message: masker.text(message) });

  if (hasCrashed()) return unstarted(startedAtMs, { kind: 'interrupted', signal: 'SIGTERM' });
  const refused = refusedCommand(command);
  if (refused !== null) return unstarted(startedAtMs, spawnProblem(refused));
  const opened = request.interactive
    ? null
    : openLog(request.logPath, request.maxLogBytes ?? DEFAULT_MAX_LOG_BYTES, request.secretValues);
  if (opened !== null && !opened.ok) return unstarted(startedAtMs, opened.error);
  const log = opened?.value ?? null;

  let child: ChildProcess;
  try {
    child = spawn(command.argv[0]!, command.argv.slice(1), {
      cwd: command.cwd,
      env: command.env,
      stdio: log === null ? 'inherit' : ['ignore', log.stdio, log.stdio],
      // A session, and so a process group, of its own.
      detached: log !== null,
    });
  } catch (error) {
    log?.attach(null);
    const failure = spawnProblem(spawnFailure(error as NodeJS.ErrnoException, command));
    return unstarted(startedAtMs, failure, log?.finish());
  }
  log?.attach(child);
  return watch(request, child, log, startedAtMs, (error) => spawnProblem(spawnFailure(error, command)));
}

function unstarted(startedAtMs: number, failure: Failure, cleanUp?: Promise<unknown>): Attempt {
  const end: AttemptEnd = {
    failure,
    exitCode: null,
    signal: null,
    durationMs: 0,
    logBytes: 0,
    escaped: [],
    unkillable: [],
  };
  return {
    pid: null,
    startedAtMs,
    done: Promise.resolve(cleanUp).then(() => end),
    interrupt() {},
    kill() {},
  };
}

interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly failure: Failure | null;
}

function watch(
  request: AttemptRequest,
  child: ChildProcess,
  log: AttemptLog | null,
  startedAtMs: number,
  notStarted: (error: NodeJS.ErrnoException) => Failure,
): Attempt {
  const startMs = performance.now();
  const pid = child.pid ?? null;
  const ownsGroup = log !== null;
  /** Why we ended it; null while we haven't. */
  let cause: Failure | null = null;
  let ending: Ending | null = null;
  let hasExited = pid === null;

  function end(why: Failure, signal: NodeJS.Signals | null, graceMs: number): void {
    // Once it has exited by itself, its own end counts; what is left is being ended or isn't ours to end.
    if (ending !== null || hasExited || pid === null) return;
    cause = why;
    ending = endTree({ leader: pid, ownsGroup, marker: request.marker }, signal, graceMs);
    void ending.done.then(({ unkillable }) => {
      // The command itself may be what can't be killed: then its exit never comes.
      if (unkillable.length > 0) giveUp();
    });
  }

  const stopClock =
    request.timeoutMs === null
      ? () => {}
      : after(request.timeoutMs, () =>
          end({ kind: 'timeout', afterMs: request.timeoutMs ?? 0 }, 'SIGTERM', request.graceMs),
        );

  let giveUp = () => {};
  const exited = new Promise<Exit>((resolve) => {
    giveUp = () => {
      child.unref();
      settle({ exitCode: null, signal: null, failure: null });
    };
    function settle(exit: Exit): void {
      hasExited = true;
      stopClock();
      ending?.look();
      resolve(exit);
    }
    child.once('exit', (exitCode, signal) =>
      settle({ exitCode, signal, failure: failureOf(exitCode, signal) }),
    );
    child.once('error', (error) => settle({ exitCode: null, signal: null, failure: notStarted(error) }));
  });

  async function finish(): Promise<AttemptEnd> {
    const exit = await exited;
    if (exit.failure !== null && ending === null && ownsGroup && pid !== null) {
      ending = endTree({ leader: pid, ownsGroup, marker: request.marker }, 'SIGTERM', request.graceMs);
    }
    const ended = (await ending?.done) ?? { escaped: [], unkillable: [] };
    const logEnd = (await log?.finish()) ?? { sizeBytes: 0, failure: null };
    return {
      failure: cause ?? exit.failure ?? logEnd.failure,
      exitCode: exit.exitCode,
      signal: exit.signal,
      durationMs: performance.now() - startMs,
      logBytes: logEnd.sizeBytes,
      ...ended,
    };
  }

  const done = finish();
  if (pid !== null) {
    const release = atCrash(() => {
      end({ kind: 'interrupted', signal: 'SIGTERM' }, 'SIGTERM', request.graceMs);
      return done;
    });
    void done.finally(release);
  }
  return {
    pid,
    startedAtMs,
    done,
    interrupt(signal) {
      // The terminal has sent an interactive command its SIGINT already; a second one often means "at once".
      const reached = !ownsGroup && signal === 'SIGINT' && process.stdin.isTTY === true;
      end({ kind: 'interrupted', signal }, reached ? null : signal, request.graceMs);
    },
    kill() {
      if (ending === null) end({ kind: 'interrupted', signal: 'SIGKILL' }, 'SIGKILL', 0);
      else ending.kill();
    },
  };
}

function failureOf(exitCode: number | null, signal: NodeJS.Signals | null): Failure | null {
  if (signal !== null) return { kind: 'signal', signal };
  return exitCode === 0 ? null : { kind: 'exit', code: exitCode ?? -1 };
}

/** setTimeout fires at once for more than 2^31-1 ms (24.8 days); a timeout of 30d is legal. Returns its cancel. */
function after(delayMs: number, act: () => void): () => void {
  const longestMs = 2 ** 31 - 1;
  let timer: NodeJS.Timeout;
  function arm(leftMs: number): void {
    timer = setTimeout(
      () => (leftMs > longestMs ? arm(leftMs - longestMs) : act()),
      Math.min(leftMs, longestMs),
    );
  }
  arm(delayMs);
  return () => clearTimeout(timer);
}
