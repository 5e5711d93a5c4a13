/**
 * Which reporters a run has: events as JSON, the live view, or plain lines, and beside them what GitHub Actions is
 * told. Decided by the flags, by what stdout and stderr are, and by the environment.
 */
import { appendFileSync, fstatSync } from 'node:fs';
import { relative } from 'node:path';
import type { Project } from '../app/project.ts';
import type { OutputMode } from '../app/run-request.ts';
import { tailOfLog, wholeLog } from '../executors/log.ts';
import type { RunEvent } from '../model/event.ts';
import { createJsonReporter } from '../reporters/json-lines.ts';
import { hasRoom } from '../reporters/live-room.ts';
import { createPlainReporter, type PlainOptions } from '../reporters/plain.ts';
import { placeInRepository } from './github-annotations.ts';
import { print, printError } from './output.ts';
import { canMoveCursor, isGithub, type Terminal } from './style.ts';

export interface ReporterRequest {
  readonly json: boolean;
  readonly output: OutputMode;
  /** `--no-live` */
  readonly mayBeLive: boolean;
  readonly out: Terminal;
  readonly errors: Terminal;
}

export interface RunReporter {
  readonly emit: (event: RunEvent) => void;
  /** To be told when the project is open, before the first event. */
  readonly onProject: (project: Project) => void;
  readonly progressEveryMs: number | null;
  /** Gives the terminal back, however the run ended. */
  readonly close: () => void;
}

const TAIL_LINES = 20;
const TAIL_BYTES = 8_000;

const tail = (path: string) => tailOfLog(path, TAIL_LINES, TAIL_BYTES);

export async function createRunReporter(request: ReporterRequest): Promise<RunReporter> {
  const simple = (emit: RunReporter['emit']): RunReporter => ({
    emit,
    onProject() {},
    progressEveryMs: null,
    close() {},
  });
  if (request.json) return simple(createJsonReporter(print));
  const github = isGithub(process.env);
  const { GITHUB_FOLD } = github ? await import('../reporters/github.ts') : { GITHUB_FOLD: null };
  const plain: Omit<PlainOptions, 'out' | 'error' | 'isLive'> = {
    quiet: request.output === 'quiet',
    ascii: request.out.ascii,
    style: request.out.style,
    errorStyle: request.errors.style,
    tailOfLog: tail,
    shownPath: (path) => relative(process.cwd(), path) || path,
    prefixOutput: request.output === 'stream',
    wholeLog: request.output === 'group' || (github && request.output === 'auto') ? wholeLog : null,
    fold: GITHUB_FOLD,
  };
  if (isLive(request)) {
    const { createLiveReporter, PROGRESS_MS } = await import('../reporters/live.ts');
    const { stdout: out, stderr: error } = process;
    const live = createLiveReporter({ plain, out, error, outKind: kindOfStdout() });
    return { emit: live.report, onProject() {}, progressEveryMs: PROGRESS_MS, close: live.close };
  }
  const printLines = createPlainReporter({ ...plain, out: print, error: printError, isLive: false });
  return github ? withGithub(printLines) : simple(printLines);
}

/** On a terminal that has room and takes control codes, with somebody watching. */
function isLive({ output, mayBeLive }: ReporterRequest): boolean {
  const { stderr } = process;
  return (
    mayBeLive &&
    output !== 'quiet' &&
    canMoveCursor(stderr, process.env) &&
    hasRoom(stderr.columns ?? 0, stderr.rows ?? 0)
  );
}

/** Only a terminal that stderr is too counts as one: what goes elsewhere is in nobody's way. */
function kindOfStdout(): 'terminal' | 'file' | 'pipe' {
  try {
    const stat = fstatSync(1);
    if (process.stdout.isTTY) return stat.rdev === fstatSync(2).rdev ? 'terminal' : 'file';
    return stat.isFIFO() || stat.isSocket() ? 'pipe' : 'file';
  } catch {
    return 'file';
  }
}

async function withGithub(printLines: (event: RunEvent) => void): Promise<RunReporter> {
  const { createGithubReporter } = await import('../reporters/github.ts');
  let project: Project | null = null;
  const tell = createGithubReporter({
    error: printError,
    tailOfLog: tail,
    placeOf(label) {
      const task = project?.graph.tasks.find((each) => each.label === label);
      return task === undefined ? null : placeInRepository(project!.layout.root, task.position);
    },
    summary(markdown) {
      const file = process.env['GITHUB_STEP_SUMMARY'];
      if (!file) return;
      try {
        appendFileSync(file, markdown);
      } catch (error) {
        printError(
          `warning: the step summary could not be written (${(error as NodeJS.ErrnoException).code})\n`,
        );
      }
    },
  });
  return {
    emit(event) {
      printLines(event);
      tell(event);
    },
    onProject: (opened) => {
      project = opened;
    },
    progressEveryMs: null,
    close() {},
  };
}
