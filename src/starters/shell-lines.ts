/**
 * Puts lines that another tool runs in a shell each into one script, which orch runs with `sh -e`: what one line
 * does to its shell (cd, variables, a failure in the middle) doesn't reach the next.
 */
import type { CommandPiece } from './orch-text.ts';

export interface ShellLine {
  readonly pieces: readonly CommandPiece[];
  /** Its failure doesn't count. */
  readonly mayFail: boolean;
  /** The other tool's shell goes on after a failure within the line. */
  readonly goesOn: boolean;
}

/** What changes the shell that runs it. */
const CHANGES_SHELL =
  /(^|[;&|(]\s*|\bthen\s+|\bdo\s+)(cd|pushd|export|set|exit|exec|trap|umask|ulimit|unset|shopt|source|\.)(\s|$)|(^|[;&|]\s*)\w+=\S*\s*(;|&&|\|\||$)/m;

export function scriptOf(lines: readonly ShellLine[]): readonly CommandPiece[] {
  return lines.flatMap((line, index) => {
    const isLast = index === lines.length - 1;
    const isOnly = lines.length === 1;
    const written = oneLine(line, isOnly);
    return isLast ? written : [...written, '\n'];
  });
}

function oneLine({ pieces, mayFail, goesOn }: ShellLine, isOnly: boolean): readonly CommandPiece[] {
  const text = withoutQuotes(pieces.map((piece) => (typeof piece === 'string' ? piece : 'x')).join(''));
  const isSequence = goesOn && /;/.test(text) && !isSimpleIf(text) && !/^\s*set -e/.test(text);
  const isIsolated = isSequence || (!isOnly && CHANGES_SHELL.test(text)) || (mayFail && /[;&\n]/.test(text));
  const close = /(^|\s)#/.test(text) ? '\n)' : ')';
  const body = isIsolated ? [isSequence ? '(set +e; ' : '(', ...pieces, close] : pieces;
  return mayFail ? [...body, ' || true'] : body;
}

/** `if a; then b; fi`, which ends the same with and without `-e`. */
function isSimpleIf(text: string): boolean {
  return /^\s*if [^;]*;\s*then [^;]*;\s*(else [^;]*;\s*)?fi\s*$/.test(text);
}

/** Quoted parts as blanks: `;` and `#` in them mean nothing. */
function withoutQuotes(text: string): string {
  return text.replace(/\\.|'[^']*'|"(?:[^"\\]|\\.)*"/gs, (part) =>
    part === '\\\n' ? '  ' : '_'.repeat(part.length),
  );
}
