/**
 * The first thing that node runs. Two things are answered here, before the bundle is loaded: `--version`, and a
 * run that has nothing to do because nothing changed since it last had nothing to do. Everything else goes to the
 * bundle. (Words are completed by `complete-quickly`.)
 */
import { existsSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { idleQuestion } from '../app/idle-question.ts';
import { newRunId } from '../app/run-id.ts';
import { EVENT_VERSION, type RunEventBody } from '../model/event.ts';
import { createPlainReporter } from '../reporters/plain.ts';
import { answerIdle, type IdleReport } from '../state/idle.ts';
import { appendRun } from '../state/journal.ts';
import { layoutOf } from '../state/layout.ts';
import { loadBundle } from './load-bundle.ts';
import { localDate } from './local-date.ts';
import { isGithub, terminalFor } from './style.ts';

declare const ORCH_VERSION: string;

const argv = process.argv.slice(2);
if (argv.length === 1 && argv[0] === '--version') write(1, `${ORCH_VERSION}\n`);
// GitHub gets more than lines, which the bundle knows how to give.
else if (argv[0] !== 'run' || isGithub(process.env) || !isAnsweredIdle()) loadBundle();

/** Whatever goes wrong here is no reason not to look properly. */
function isAnsweredIdle(): boolean {
  try {
    return answeredIdle();
  } catch {
    return false;
  }
}

function answeredIdle(): boolean {
  const startedAtMs = performance.now();
  const root = findRoot(process.cwd());
  if (root === null) return false;
  const layout = layoutOf(root);
  const question = idleQuestion(argv, process.cwd(), {
    root,
    layout,
    version: ORCH_VERSION,
    environment: process.env,
    today: localDate(new Date()),
  });
  const report = question === null ? null : answerIdle(question);
  if (report === null) return false;
  tell(report);
  const run = newRunId();
  const durationMs = performance.now() - startedAtMs;
  try {
    appendRun(layout, {
      run,
      atMs: Date.now(),
      durationMs,
      state: 'succeeded',
      targets: report.targets,
      counts: report.counts,
    });
  } catch {
    // Of all records a run's own is the one that may be lost.
  }
  return true;

  function tell({ targets, header, summary, upToDate, counts, savedMs, jobs }: IdleReport): void {
    const noColor = argv.includes('--no-color');
    const { style, ascii } = terminalFor(process.stdout, noColor, process.env);
    const report = createPlainReporter({
      out: (text) => write(1, text),
      error: (text) => write(2, text),
      quiet: argv.includes('-q') || argv.includes('--quiet'),
      ascii,
      style,
      errorStyle: terminalFor(process.stderr, noColor, process.env).style,
      tailOfLog: () => '',
      shownPath: (path) => path,
      prefixOutput: false,
      wholeLog: null,
      fold: null,
      isLive: false,
    });
    const say = (body: RunEventBody) => report({ v: EVENT_VERSION, atMs: Date.now(), ...body });
    const id = newRunId();
    say({ event: 'run-started', run: id, targets, header, forced: false, tasks: counts.upToDate, jobs });
    for (const task of upToDate ?? new Array<string>(counts.upToDate).fill(''))
      say({
        event: 'task-finished',
        task,
        outcome: 'up-to-date',
        durationMs: 0,
        attempts: 0,
        key: null,
        reason: null,
        failure: null,
        log: null,
        savedMs: 0,
      });
    say({
      event: 'run-finished',
      run: id,
      state: 'succeeded',
      exitCode: 0,
      counts,
      durationMs: performance.now() - startedAtMs,
      savedMs,
      summary,
    });
  }
}

/** As `app/root` finds it, where nothing on the command line says otherwise; what it holds is checked by stats. */
function findRoot(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    if (
      existsSync(join(folder, 'orch.yaml')) ||
      existsSync(join(folder, 'orch.yml')) ||
      existsSync(join(folder, 'pipelines'))
    )
      return folder;
    if (dirname(folder) === folder) return null;
  }
}

/** A reader that has gone is no trouble; a full pipe is waited for. */
function write(to: 1 | 2, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(to, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}
