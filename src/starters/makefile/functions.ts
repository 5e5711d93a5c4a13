/**
 * The functions of GNU make that only turn texts into texts, and `wildcard`. Those that run something (`shell`),
 * or make new makefile text (`eval`), aren't here: no makefile is ever executed.
 */
import { wordsOf } from './logical-lines.ts';

export interface TextFunction {
  readonly parameters: number;
  readonly apply: (args: readonly string[], match: (pattern: string) => readonly string[]) => string;
}

const each = (text: string, change: (word: string) => string) => wordsOf(text).map(change).join(' ');

export const TEXT_FUNCTIONS: Readonly<Record<string, TextFunction>> = {
  subst: {
    parameters: 3,
    apply: ([from = '', to = '', text = '']) => (from === '' ? text : text.replaceAll(from, to)),
  },
  patsubst: {
    parameters: 3,
    apply: ([from = '', to = '', text = '']) => each(text, (word) => patsubst(from.trim(), to.trim(), word)),
  },
  strip: { parameters: 1, apply: ([text = '']) => wordsOf(text).join(' ') },
  findstring: { parameters: 2, apply: ([find = '', text = '']) => (text.includes(find) ? find : '') },
  filter: {
    parameters: 2,
    apply: ([patterns = '', text = '']) => wordsOf(text).filter(matchesAny(patterns)).join(' '),
  },
  'filter-out': {
    parameters: 2,
    apply: ([patterns = '', text = '']) => {
      const matches = matchesAny(patterns);
      return wordsOf(text)
        .filter((word) => !matches(word))
        .join(' ');
    },
  },
  sort: { parameters: 1, apply: ([text = '']) => [...new Set(wordsOf(text))].sort().join(' ') },
  word: { parameters: 2, apply: ([n = '', text = '']) => wordsOf(text)[Number(n) - 1] ?? '' },
  words: { parameters: 1, apply: ([text = '']) => String(wordsOf(text).length) },
  wordlist: {
    parameters: 3,
    apply: ([first = '', last = '', text = '']) =>
      wordsOf(text)
        .slice(Number(first) - 1, Number(last))
        .join(' '),
  },
  firstword: { parameters: 1, apply: ([text = '']) => wordsOf(text)[0] ?? '' },
  lastword: { parameters: 1, apply: ([text = '']) => wordsOf(text).at(-1) ?? '' },
  dir: { parameters: 1, apply: ([text = '']) => each(text, dirOf) },
  notdir: {
    parameters: 1,
    apply: ([text = '']) => each(text, (word) => word.slice(word.lastIndexOf('/') + 1)),
  },
  suffix: { parameters: 1, apply: ([text = '']) => wordsOf(text).map(suffixOf).filter(Boolean).join(' ') },
  basename: {
    parameters: 1,
    apply: ([text = '']) => each(text, (word) => word.slice(0, word.length - suffixOf(word).length)),
  },
  addsuffix: { parameters: 2, apply: ([suffix = '', text = '']) => each(text, (word) => word + suffix) },
  addprefix: { parameters: 2, apply: ([prefix = '', text = '']) => each(text, (word) => prefix + word) },
  join: {
    parameters: 2,
    apply: ([a = '', b = '']) => {
      const [left, right] = [wordsOf(a), wordsOf(b)];
      return Array.from(
        { length: Math.max(left.length, right.length) },
        (_, at) => (left[at] ?? '') + (right[at] ?? ''),
      ).join(' ');
    },
  },
  wildcard: { parameters: 1, apply: ([patterns = ''], match) => wordsOf(patterns).flatMap(match).join(' ') },
};

/** `./` for a word without folder, as make has it. */
export function dirOf(word: string): string {
  const slash = word.lastIndexOf('/');
  return slash === -1 ? './' : word.slice(0, slash + 1);
}

export function suffixOf(word: string): string {
  const name = word.slice(word.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot === -1 ? '' : name.slice(dot);
}

/** One word, changed where the pattern matches it; `%` stands for any characters. */
export function patsubst(from: string, to: string, word: string): string {
  const stem = stemOf(from, word);
  if (stem === null) return word;
  return from.includes('%') ? to.replace('%', () => stem) : to;
}

/** What `%` stands for where a pattern matches a word; '' for a pattern without it; null where it doesn't match. */
export function stemOf(pattern: string, word: string): string | null {
  const percent = pattern.indexOf('%');
  if (percent === -1) return pattern === word ? '' : null;
  const [before, after] = [pattern.slice(0, percent), pattern.slice(percent + 1)];
  if (word.length < before.length + after.length || !word.startsWith(before) || !word.endsWith(after))
    return null;
  return word.slice(before.length, word.length - after.length);
}

function matchesAny(patterns: string): (word: string) => boolean {
  const list = wordsOf(patterns);
  return (word) => list.some((pattern) => stemOf(pattern, word) !== null);
}
