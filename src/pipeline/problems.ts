/** Collects what is wrong with pipelines, so that all of it is reported together. Nothing here throws. */
import type { Diagnostic, DiagnosticPlace } from '../base/diagnostic.ts';
import type { DiagnosticCode } from './catalogue/index.ts';

export interface ProblemDetails {
  readonly label?: string;
  readonly hint?: string | null;
  readonly related?: Diagnostic['related'];
}

export interface Problems {
  error(code: DiagnosticCode, place: DiagnosticPlace, message: string, details?: ProblemDetails): void;
  warning(code: DiagnosticCode, place: DiagnosticPlace, message: string, details?: ProblemDetails): void;
  /** Has this file errors so far? */
  hasErrors(file: string): boolean;
  /**
   * What a subject such as `tasks.train.outputs` gives ('': the whole file) isn't what its file means: an error about it has been reported,
   * and its absence elsewhere is only a consequence.
   */
  doubt(file: string, subject: string): void;
  /** Has it, something in it, or something that holds it been doubted? */
  isDoubtful(file: string, subject: string): boolean;
  /** By file and position, each once; what is said in the same words of several places of a file is one. */
  sorted(): readonly Diagnostic[];
}

/** The place of trouble on a command line. */
export const NO_PLACE: DiagnosticPlace = { file: null, line: 0, column: 0 };

export function collectProblems(): Problems {
  const found = new Map<string, Diagnostic>();
  const filesWithErrors = new Set<string>();
  /** By file and subject: doubted itself, or holding something doubted. */
  const doubted = new Set<string>();
  const holdsDoubted = new Set<string>();
  const add =
    (severity: Diagnostic['severity']): Problems['error'] =>
    (code, place, message, { label, hint, related } = {}) => {
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
        ...(label === undefined ? {} : { label }),
        ...(hint === undefined || hint === null ? {} : { hint }),
        ...(related === undefined || related.length === 0 ? {} : { related }),
      });
    };
  return {
    error: add('error'),
    warning: add('warning'),
    hasErrors: (file) => filesWithErrors.has(file),
    doubt(file, subject) {
      doubted.add(`${file}\n${subject}`);
      for (const outer of outwards(subject)) holdsDoubted.add(`${file}\n${outer}`);
    },
    isDoubtful(file, subject) {
      if (holdsDoubted.has(`${file}\n${subject}`)) return true;
      return outwards(subject).some((outer) => doubted.has(`${file}\n${outer}`));
    },
    sorted: () => gathered([...found.values()].sort(inOrder)),
  };
}

/** `tasks.a.needs[0]`, `tasks.a.needs`, `tasks.a`, `tasks`, and the whole file, ''. */
function outwards(subject: string): readonly string[] {
  return ['', subject, ...[...subject.matchAll(/[.[]/g)].map(({ index }) => subject.slice(0, index))];
}

function inOrder(a: Diagnostic, b: Diagnostic): number {
  return (
    compare(a.file ?? '', b.file ?? '') ||
    a.line - b.line ||
    a.column - b.column ||
    compare(a.message, b.message)
  );
}

/** A name that is wrong in twenty tasks is one mistake more often than twenty. */
function gathered(sorted: readonly Diagnostic[]): readonly Diagnostic[] {
  const bySubject = new Map<string, { readonly first: Diagnostic; readonly alsoAt: DiagnosticPlace[] }>();
  for (const diagnostic of sorted) {
    const { severity, code, message, file, line, column, endColumn } = diagnostic;
    const subject = [severity, code, file, message].join('\n');
    const group = bySubject.get(subject);
    if (group === undefined) bySubject.set(subject, { first: diagnostic, alsoAt: [] });
    else group.alsoAt.push({ file, line, column, ...(endColumn === undefined ? {} : { endColumn }) });
  }
  return [...bySubject.values()].map(({ first, alsoAt }) =>
    alsoAt.length === 0 ? first : { ...first, alsoAt },
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
