/**
 * What GitHub Actions is told besides the plain lines: workflow commands that fold a task's output away and mark
 * failures at their place in the code, and the run as a Markdown table for the job's summary page. It prints nothing by
 * itself and doesn't know where the summary is kept.
 *
 * Formats: docs.github.com, "Workflow commands for GitHub Actions" (a command is `::name key=value,…::message`).
 */
import type { RunEvent, RunEventBody } from '../model/event.ts';
import type { SourcePosition } from '../model/ids.ts';
import {
  countsPhrase,
  failureTag,
  failureText,
  formatDuration,
  outcomePhrase,
  reasonPhrase,
} from './phrases.ts';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  /** `file` as GitHub knows it: relative to the repository. */
  readonly place: SourcePosition | null;
}

/** One line, without the line end. */
export function annotationCommand({ level, title, message, place }: Annotation): string {
  const at = place === null ? {} : { file: place.file, line: place.line, col: place.column };
  return command(level, { ...at, title }, message);
}

/** Encloses lines that the page shows folded. */
export const GITHUB_FOLD = {
  open: (title: string) => command('group', {}, title),
  close: command('endgroup', {}, ''),
};

function command(
  name: string,
  properties: Readonly<Record<string, string | number>>,
  message: string,
): string {
  const written = Object.entries(properties).map(
    ([key, value]) => `${key}=${escaped(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
  );
  return `::${name}${written.length === 0 ? '' : ` ${written.join(',')}`}::${escaped(message)}`;
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

export interface GithubOptions {
  readonly error: (text: string) => void;
  /** Where a task stands in the repository. */
  readonly placeOf: (task: string) => SourcePosition | null;
  /** The end of a log, ready to be read. */
  readonly tailOfLog: (path: string) => string;
  /** Takes the finished Markdown. */
  readonly summary: (markdown: string) => void;
}

type TaskFinished = Extract<RunEventBody, { event: 'task-finished' }>;

/** GitHub shows a summary of up to 1 MiB; so many rows are more than anybody reads. */
const MAX_ROWS = 500;

/** Consumes a run's events beside the plain reporter. */
export function createGithubReporter(options: GithubOptions): (event: RunEvent) => void {
  let targets: readonly string[] = [];
  const acted: TaskFinished[] = [];
  return (event) => {
    switch (event.event) {
      case 'run-started':
        ({ targets } = event);
        break;
      case 'task-finished':
        if (event.outcome !== 'up-to-date') acted.push(event);
        if (event.outcome === 'failed' && event.failure !== null)
          options.error(`${annotationCommand(failureAnnotation(event, options))}\n`);
        break;
      case 'run-finished':
        options.summary(summaryMarkdown(event, targets, acted, options.tailOfLog));
        break;
      default:
        break;
    }
  };
}

function failureAnnotation(event: TaskFinished, options: GithubOptions): Annotation {
  const tail = event.log === null ? '' : options.tailOfLog(event.log);
  return {
    level: 'error',
    title: `Task '${event.task}' failed`,
    message: tail === '' ? failureText(event.failure!) : `${failureText(event.failure!)}\n${tail}`,
    place: options.placeOf(event.task),
  };
}

function summaryMarkdown(
  end: Extract<RunEventBody, { event: 'run-finished' }>,
  targets: readonly string[],
  acted: readonly TaskFinished[],
  tailOfLog: GithubOptions['tailOfLog'],
): string {
  const mark = { succeeded: '✅', failed: '❌', interrupted: '⚠️' }[end.state];
  const saved = end.savedMs >= 10 ? `, ${formatDuration(end.savedMs)} saved by the cache` : '';
  const lines = [
    `### ${mark} orch run ${targets.map(markdown).join(' ')}`,
    '',
    `${countsPhrase(end.counts)} in ${formatDuration(end.durationMs)}${saved}`,
    '',
  ];
  // Failures first: they are what one comes to see.
  const rows = [...acted].sort((a, b) => Number(b.outcome === 'failed') - Number(a.outcome === 'failed'));
  if (rows.length > 0) lines.push('| task | result | time | why |', '|---|---|---:|---|');
  for (const event of rows.slice(0, MAX_ROWS)) {
    const result = event.failure === null ? outcomePhrase(event.outcome) : failureTag(event.failure);
    const cells = [
      `${event.outcome === 'failed' ? '❌ ' : ''}${markdown(event.task)}`,
      markdown(result),
      event.durationMs > 0 ? formatDuration(event.durationMs) : '',
      event.reason === null ? '' : markdown(reasonPhrase(event.reason)),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  if (rows.length > MAX_ROWS) lines.push('', `and ${rows.length - MAX_ROWS} more tasks`);
  for (const event of rows.slice(0, MAX_ROWS)) {
    if (event.failure === null || event.outcome !== 'failed') continue;
    const tail = event.log === null ? '' : tailOfLog(event.log);
    lines.push('', `<details><summary>${html(`${event.task}: ${failureText(event.failure)}`)}</summary>`, '');
    if (tail !== '') lines.push(`<pre>${html(tail)}</pre>`, '');
    lines.push('</details>');
  }
  for (const line of end.summary) lines.push('', markdown(line));
  return `${lines.join('\n')}\n\n`;
}

/** Text that is shown as it is within a line of Markdown. */
function markdown(text: string): string {
  return html(text)
    .replace(/[\\`*_{}[\]|#~]/g, '\\$&')
    .replace(/\s*[\r\n]+\s*/g, ' ');
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
