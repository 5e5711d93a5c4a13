/** Starts attempts for the tests of src/executors: a temporary folder, a plain environment, readable defaults. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hasEnded, readProcessStat } from '../../src/base/process-identity.ts';
import { type Attempt, type AttemptRequest, startAttempt } from '../../src/executors/local.ts';
import { followLog } from '../../src/executors/log.ts';

export interface Started extends Attempt {
  readonly dir: string;
  readonly logPath: string;
  /** The log as it is; '' where there is none. */
  log(): string;
  /** Resolves with the match as soon as the log matches. */
  logMatches(pattern: RegExp): Promise<RegExpExecArray>;
}

export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'attempt-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

let count = 0;

/** A string is a script for `sh -c`; `run` in an array is an argv. */
export function start(run: string | readonly string[], options: Partial<AttemptRequest> = {}): Started {
  const dir = options.cwd ?? temporaryFolder();
  const logPath =
    options.logPath ?? join(options.cwd === undefined ? dir : temporaryFolder(), 'logs', 'attempt.log');
  const attempt = startAttempt({
    command: { kind: 'argv', argv: typeof run === 'string' ? ['sh', '-c', run] : run },
    cwd: dir,
    env: { PATH: process.env['PATH'] ?? '' },
    logPath,
    timeoutMs: null,
    graceMs: 10_000,
    secretValues: [],
    interactive: false,
    marker: `test-${process.pid}-${++count}`,
    ...options,
  });
  onTestFinished(() => attempt.kill());
  function log(): string {
    try {
      return readFileSync(logPath, 'utf8');
    } catch {
      return '';
    }
  }
  return {
    ...attempt,
    dir,
    logPath,
    log,
    logMatches: (pattern) =>
      new Promise((resolve) => {
        let text = '';
        const follower = followLog(logPath, (piece) => {
          text += piece;
          const match = pattern.exec(text);
          if (match === null) return;
          void follower.stop();
          resolve(match);
        });
      }),
  };
}

/** Whether a process runs (a zombie doesn't). */
export function isRunning(pid: number): boolean {
  const stat = readProcessStat(pid);
  return stat !== null && !hasEnded(stat);
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
