/** Collects what is wrong with pipelines, so that all of it is reported together. Nothing here throws. */
import type { Diagnostic, DiagnosticPlace } from '../base/diagnostic.ts';
import type { DiagnosticCode } from './diagnostic-codes.ts';

export interface ProblemDetails {
  readonly hint?: string | null;
  readonly related?: Diagnostic['related'];
}

export interface Problems {
  error(code: DiagnosticCode, place: DiagnosticPlace, message: string, details?: ProblemDetails): void;
  warning(code: DiagnosticCode, place: DiagnosticPlace, message: string, details?: ProblemDetails): void;
  /** Has this file errors so far? */
  hasErrors(file: string): boolean;
  /** By file and position, each once. */
  sorted(): readonly Diagnostic[];
}

/** The place of trouble on a command line. */
export const NO_PLACE: DiagnosticPlace = { file: null, line: 0, column: 0 };

export function collectProblems(): Problems {
  const found = new Map<string, Diagnostic>();
  const filesWithErrors = new Set<string>();
  const add =
    (severity: Diagnostic['severity']): Problems['error'] =>
    (code, place, message, { hint, related } = {}) => {
      const { file, line, column, endColumn } = place;
      if (severity === 'error' && file !== null) filesWithErrors.add(file);
      // A matrix task or a YAML alias is looked at once for each cell or use: one message for all of them.
      const identity = `${file}\n${line}:${column} ${code} ${file === null || code === 'unknown-task' ? message : ''}`;
      if (found.has(identity)) return;
      found.set(identity, {
        severity,
        code,
        message,
        file,
        line,
        column,
        ...(endColumn === undefined ? {} : { endColumn }),
        ...(hint === undefined || hint === null ? {} : { hint }),
        ...(related === undefined || related.length === 0 ? {} : { related }),
      });
    };
  return {
    error: add('error'),
    warning: add('warning'),
    hasErrors: (file) => filesWithErrors.has(file),
    sorted: () =>
      [...found.values()].sort(
        (a, b) =>
          compare(a.file ?? '', b.file ?? '') ||
          a.line - b.line ||
          a.column - b.column ||
          compare(a.message, b.message),
      ),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
