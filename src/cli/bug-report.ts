/**
 * A throw that nobody expected: one line for the user, everything else in a file. It leans on as little as
 * possible, because what has failed may be anything.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { masked } from './output.ts';

declare const ORCH_VERSION: string;

/** Writes the report, and returns the one line for the user. Never throws. */
export function reportBug(error: unknown, argv: readonly string[]): string {
  const message = firstLine(error instanceof Error ? error.message || error.name : inspect(error));
  let where: string;
  try {
    const file = join(mkdtempSync(join(tmpdir(), 'orch-bug-')), 'report.txt');
    writeFileSync(file, masked(reportText(error, argv)));
    where = `please report it with the file ${file}`;
  } catch {
    // At least the place, in the same line.
    const place = error instanceof Error ? /\n\s+at (.+)/.exec(error.stack ?? '')?.[1] : undefined;
    where = `please report it${place === undefined ? '' : ` (at ${firstLine(place)})`}`;
  }
  return `orch: internal error: ${message}; this is a bug in orch, not in your pipeline: ${where}`;
}

function reportText(error: unknown, argv: readonly string[]): string {
  return [
    'A bug in orch. Look through this file before you pass it on: it holds the command line and paths.',
    '',
    `orch ${ORCH_VERSION}, node ${process.version}, ${process.platform} ${process.arch}`,
    `command line: ${JSON.stringify(argv)}`,
    `folder: ${process.cwd()}`,
    `time: ${new Date().toISOString()}`,
    '',
    // With its causes and the errors that it gathers.
    inspect(error, { depth: 5, breakLength: 100 }),
    '',
  ].join('\n');
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0]!;
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
