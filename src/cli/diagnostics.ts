/**
 * What is wrong with pipelines, on stderr for people and as data for programs. The only place that knows how many
 * messages a person reads; which there are, and in which order, has been decided.
 */
import { join, relative } from 'node:path';
import { type Diagnostic, type DiagnosticPlace, formatDiagnostic } from '../base/diagnostic.ts';
import { annotateDiagnostics } from './github-annotations.ts';
import { printError } from './output.ts';
import { terminalFor } from './style.ts';

export interface DiagnosedFiles {
  /** The text of a file, as it was read. */
  readonly textOf: (file: string) => string | null;
  /** Absolute: what the files are relative to. */
  readonly root: string;
}

export interface DiagnosticsPrint extends DiagnosedFiles {
  readonly noColor: boolean;
  /** false: one line each, as beside the lines of a run. */
  readonly frames?: boolean;
  readonly limit?: number;
  /** What shows those that were left out. */
  readonly more?: string;
}

/** More at once is read by nobody: the first ones are mended, then one looks again. */
export const MAX_ERRORS = 20;

/** Prints the first `limit`, and how many more there are. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], options: DiagnosticsPrint): void {
  const { textOf, root, noColor, frames = true, limit = MAX_ERRORS } = options;
  const { paint } = terminalFor(process.stderr, noColor, process.env);
  const columns = process.stderr.columns;
  for (const diagnostic of diagnostics.slice(0, limit))
    printError(
      `${formatDiagnostic(diagnostic, {
        textOf: frames ? textOf : () => null,
        shownPath: (file) => fromHere(root, file),
        color: paint,
        ...(columns > 0 ? { columns } : {}),
      })}\n`,
    );
  annotateDiagnostics(diagnostics, root);
  const left = diagnostics.slice(limit);
  if (left.length > 0)
    printError(`and ${countOf(left, 'more ')}: ${options.more ?? '`orch validate --json` lists them all'}\n`);
}

/** The last line below errors: how many there are, and where to read about them. */
export function printErrorCount(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return;
  const codes = new Set(errors.map(({ code }) => code));
  const about =
    codes.size === 1
      ? `\`orch help ${first.code}\` explains it`
      : `\`orch help CODE\` explains each, such as \`orch help ${first.code}\``;
  printError(`${countOf(diagnostics)}; ${about}\n`);
}

/** `3 errors and 1 warning`. */
function countOf(diagnostics: readonly Diagnostic[], more = ''): string {
  return (['error', 'warning'] as const)
    .map((severity) => {
      const count = diagnostics.filter((each) => each.severity === severity).length;
      return count === 0 ? '' : `${count} ${more}${severity}${count === 1 ? '' : 's'}`;
    })
    .filter((text) => text !== '')
    .join(' and ');
}

/** A root-relative path as the user can open it from where they stand. */
function fromHere(root: string, file: string): string {
  return relative(process.cwd(), join(root, file));
}

/** The form of `orch validate --json`, whose fields are documented in docs/errors.md. */
export function diagnosticJson(diagnostic: Diagnostic, { root }: Pick<DiagnosedFiles, 'root'>): object {
  const { severity, code, message, hint, related = [], alsoAt = [] } = diagnostic;
  const place = (where: DiagnosticPlace) =>
    where.file === null
      ? { file: null, line: null, column: null, end: null }
      : {
          file: fromHere(root, where.file),
          line: where.line,
          column: where.column,
          end: { line: where.line, column: where.endColumn ?? where.column + 1 },
        };
  return {
    severity,
    code,
    message,
    ...place(diagnostic),
    hint: hint ?? null,
    related: related.map((other) => ({ message: other.message, ...place(other) })),
    alsoAt: alsoAt.map(place),
  };
}
