/**
 * What bash makes of a line, and what it wants to have back. Readline doesn't replace the word at the cursor, but
 * what follows the last of its break characters in it (`=` and `:` are among them), and inserts what it gets as it
 * is. So words are taken apart here as bash does, and candidates are cut and quoted to fit. Nothing is expanded.
 */
import type { Candidate } from './candidate.ts';

export interface BashLine {
  /** Words before the one at the cursor, the program's name first, without their quotes. */
  readonly before: readonly string[];
  /** The word at the cursor, without quotes. */
  readonly current: string;
  /** The quote that is open at the cursor. */
  readonly quote: '"' | "'" | '';
  /** How much of `current` readline keeps. */
  readonly kept: number;
}

/** `line`: up to the cursor. `breaks`: what bash has in COMP_WORDBREAKS. */
export function readBashLine(line: string, breaks: string): BashLine {
  const before: string[] = [];
  let current = '';
  let isWord = false;
  let quote: BashLine['quote'] = '';
  let kept = 0;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (quote === "'") {
      if (character === "'") quote = '';
      else current += character;
    } else if (character === '\\' && (quote === '' || '"\\$`'.includes(line[at + 1] ?? ''))) {
      at++;
      current += line[at] ?? '';
      isWord = true;
    } else if (quote === '"') {
      if (character === '"') quote = '';
      else current += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      isWord = true;
      // From an open quote on readline looks for no further breaks.
      kept = current.length;
    } else if (/[ \t\n]/.test(character)) {
      if (isWord) before.push(current);
      current = '';
      isWord = false;
      kept = 0;
    } else {
      current += character;
      isWord = true;
      if (breaks.includes(character)) kept = current.length;
    }
  }
  return { before, current, quote, kept };
}

/** Marks that mean something to bash in a word of its own. */
const SPECIAL = /[^\p{L}\p{M}\p{N}_@%+=:,./^-]/gu;

/**
 * Candidates that begin with the word, each as readline has to insert it: its end, quoted, and, where the word is
 * complete, with the space after it (bash is told to add none).
 */
export function forBash(
  candidates: readonly Candidate[],
  { current, quote, kept }: BashLine,
): readonly string[] {
  return candidates
    .filter(({ value }) => value.startsWith(current))
    .map(({ value, isOpen }) => {
      const rest = value.slice(kept);
      if (quote === "'") return rest.replaceAll("'", "'\\''");
      if (quote === '"') return rest.replace(/["\\$`]/g, '\\$&');
      return `${rest.replace(SPECIAL, '\\$&')}${isOpen ? '' : ' '}`;
    });
}

const GAP = '  -- ';
const MAX_DESCRIPTION = 60;

/** The same where bash only lists them: whole ends, with what they are. */
export function listedByBash(
  candidates: readonly Candidate[],
  { current, kept }: BashLine,
): readonly string[] {
  const fitting = candidates.filter(({ value }) => value.startsWith(current));
  const width = Math.max(0, ...fitting.map(({ value }) => value.length - kept));
  return fitting.map(({ value, description }) => {
    const rest = value.slice(kept);
    return description === '' ? rest : `${rest.padEnd(width)}${GAP}${shortened(description)}`;
  });
}

export function shortened(description: string): string {
  const line = description.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, MAX_DESCRIPTION - 1)}…`;
}
