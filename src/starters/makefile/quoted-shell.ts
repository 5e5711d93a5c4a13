/**
 * What make puts in before a shell reads the line, and orch leaves to that shell: `$(shell …)`, `$(CURDIR)`, variables
 * of the environment. Between single quotes a shell would take their text for itself, so the quotes are interrupted
 * there. Knows a shell's quotes and nothing of makefiles.
 */
import type { CommandPiece } from '../orch-text.ts';

/** Around such a part until its whole line is known; characters for private use, which no makefile holds. */
const OPEN = '\uE000';
const CLOSE = '\uE001';

/** Marks pieces that the shell is to expand. */
export function forShell(pieces: readonly CommandPiece[]): readonly CommandPiece[] {
  return [OPEN, ...pieces, CLOSE];
}

/** As `forShell`, of a single text. */
export function textForShell(text: string): string {
  return OPEN + text + CLOSE;
}

interface Quotes {
  isSingle: boolean;
  isDouble: boolean;
}

/** The pieces with all marks gone: what was marked stands where a shell of its own line expands it. */
export function quotedForShell(pieces: readonly CommandPiece[]): readonly CommandPiece[] {
  const around: Quotes[] = [];
  let quotes: Quotes = { isSingle: false, isDouble: false };
  const step = (char: string): string => {
    if (char === OPEN) {
      around.push(quotes);
      const text = quotes.isSingle ? `'"` : '';
      quotes = { isSingle: false, isDouble: false };
      return text;
    }
    if (char === CLOSE) {
      quotes = around.pop() ?? quotes;
      return quotes.isSingle ? `"'` : '';
    }
    if (char === "'" && !quotes.isDouble) quotes.isSingle = !quotes.isSingle;
    if (char === '"' && !quotes.isSingle) quotes.isDouble = !quotes.isDouble;
    return char;
  };
  return pieces.map((piece) =>
    typeof piece === 'string'
      ? piece.replace(/\\[^\uE000\uE001]|[\s\S]/g, (part) =>
          part.length === 1 ? step(part) : quotes.isSingle ? part[0] + step(part[1]!) : part,
        )
      : piece,
  );
}
