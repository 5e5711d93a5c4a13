/**
 * Reads a shell text as sh, dash and bash do, as far as is needed to know what each `${{ }}` stands in: bare, in
 * double or in single quotes, in which command; and to refuse those that can't be made safe there.
 *
 * The rule is to be sure. Where shells differ, or where finding the end of something would take a whole shell,
 * the reader stops and refuses every later placeholder. Comments are skipped: what looks like a placeholder
 * there stays as it is. What a script does later with a variable that it filled is its own affair.
 */
import type { Quoting } from '../../model/expression.ts';
import {
  endOfAnsiString,
  endOfArithmetic,
  endOfBackticks,
  endOfHeredoc,
  endOfParameter,
  type Heredoc,
  readHeredoc,
} from './shell-regions.ts';
import {
  addComputed,
  addPlain,
  addQuoted,
  emptyWord,
  hazardOf,
  isPlain,
  makesVariablesEvaluated,
  opensArray,
  type Word,
} from './shell-words.ts';

export type ShellSpot =
  /** `$${{`, which stands for the text `${{`. */
  | { readonly kind: 'escape'; readonly offset: number; readonly end: number }
  | {
      readonly kind: 'placeholder';
      readonly offset: number;
      readonly end: number;
      readonly quoting: Quoting;
      /** Completes "a placeholder can't stand …"; null where it can. */
      readonly refusal: string | null;
    };

export interface ShellReading {
  readonly spots: readonly ShellSpot[];
  /** A quote or `$(` that is never closed. */
  readonly unclosed: { readonly offset: number; readonly what: string } | null;
}

/** One nesting of commands: the text itself, a `$( )` or an array. */
interface Level {
  readonly kind: 'top' | 'substitution' | 'array';
  /** Open `(` of subshells. */
  parens: number;
  words: Word[];
  word: Word | null;
  /** What the next word is the target of; `duplicate` is `>&` and `<&`. */
  redirect: 'file' | 'duplicate' | null;
  /** Between `[[` and `]]`. */
  isTest: boolean;
  /** For an array: why none of its elements can be a value. */
  readonly refusal: string | null;
}

const MAX_DEPTH = 30;

/** `endOf` gives the offset just behind the placeholder that begins at an offset. */
export function readShell(text: string, endOf: (offset: number) => number): ShellReading {
  const spots: ShellSpot[] = [];
  let unclosed: ShellReading['unclosed'] = null;
  let i = 0;
  let depth = 0;
  /** Just behind a `$name`, whose name more letters would continue. */
  let variableEnd = -1;
  let hasEvaluatedVariables = false;
  let heredocs: Heredoc[] = [];

  const skipPlaceholder = (at: number): number | null => (text.startsWith('${{', at) ? endOf(at) : null);

  /** Refuses what stands in a part whose end is known. */
  function refuseWithin(from: number, to: number, refusal: string): void {
    for (let at = from; at < to; at += 1) {
      if (text.startsWith('$${{', at)) {
        spots.push({ kind: 'escape', offset: at, end: at + 4 });
        at += 3;
      } else if (text.startsWith('${{', at)) {
        const end = endOf(at);
        spots.push({ kind: 'placeholder', offset: at, end, quoting: 'raw', refusal });
        at = end - 1;
      }
    }
  }

  /** Nothing behind `i` is certain any more. */
  function giveUp(construct: string): void {
    const line = text.slice(0, i).split('\n').length;
    refuseWithin(i, text.length, `in or after ${construct} (line ${line} of the text): shells differ in how they read on`);
    i = text.length;
    gaveUp = true;
  }
  let gaveUp = false;

  /** Jumps over a part in which no placeholder may stand. */
  function skipRegion(end: number | null, construct: string): void {
    if (end === null) return giveUp(construct);
    if (text.slice(i, end).includes('$${{')) return giveUp(construct);
    refuseWithin(i, end, `in ${construct}`);
    i = end;
  }

  function reportUnclosed(offset: number, what: string): void {
    if (!gaveUp) unclosed ??= { offset, what };
  }

  function newLevel(kind: Level['kind'], refusal: string | null): Level {
    return { kind, parens: 0, words: [], word: null, redirect: null, isTest: false, refusal };
  }

  function wordOf(level: Level): Word {
    level.word ??= emptyWord();
    return level.word;
  }

  function endWord(level: Level): void {
    const { word } = level;
    if (word === null) return;
    level.word = null;
    if (word.raw === '[[') level.isTest = true;
    else if (word.raw === ']]') level.isTest = false;
    // The `)` of its patterns would be taken for the end of `$(`.
    else if (word.raw === 'case' && level.kind !== 'top') giveUp('a `case` in $( )');
    if (level.redirect === null) level.words.push(word);
    level.redirect = null;
    if (makesVariablesEvaluated(level.words)) hasEvaluatedVariables = true;
  }

  function endCommand(level: Level): void {
    endWord(level);
    level.words = [];
    level.redirect = null;
  }

  function place(level: Level, quoting: Quoting, refusal: string | null): void {
    const end = endOf(i);
    const word = wordOf(level);
    spots.push({ kind: 'placeholder', offset: i, end, quoting, refusal: refusal ?? refusalAt(level, word, quoting) });
    addComputed(word);
    i = end;
  }

  function refusalAt(level: Level, word: Word, quoting: Quoting): string | null {
    if (heredocs.length > 0) return 'behind the << of a here-document on the same line';
    if (quoting !== 'single' && variableEnd === i) return 'glued to a $name: write ${name}';
    if (level.isTest) return 'in [[ ]], where bash computes: use [ ]';
    if (level.redirect === 'duplicate') return 'behind >& or <&, where bash expands it again';
    if (quoting === 'bare' && word.tilde) return 'glued to a ~: put a / between them, or quote the ~';
    return level.refusal ?? hazardOf(level.words, word, level.kind === 'array');
  }

  /** `$${{` where a shell reads text: the `${` would begin an expansion. */
  function escape(): void {
    spots.push({ kind: 'escape', offset: i, end: i + 4 });
    i += 4;
    giveUp('a literal ${{ outside single quotes');
  }

  function backslash(level: Level): void {
    const next = text[i + 1];
    if (text.startsWith('${{', i + 1) || text.startsWith('$${{', i + 1)) {
      i = text.indexOf('${{', i);
      return place(level, 'raw', 'behind a backslash; a literal ${{ is written $${{ in single quotes');
    }
    if (next === '\n') {
      // The shell joins the lines before it looks at operators and names.
      if (variableEnd === i || /[<>($]/.test(text[i - 1] ?? '')) return giveUp('a line that is continued inside an operator or a name');
      i += 2;
      return;
    }
    addQuoted(wordOf(level), next ?? '');
    i += 2;
  }

  function singleQuoted(level: Level): void {
    const start = i;
    addQuoted(wordOf(level), '');
    i += 1;
    while (i < text.length && text[i] !== "'") {
      if (text.startsWith('$${{', i)) {
        spots.push({ kind: 'escape', offset: i, end: i + 4 });
        i += 4;
      } else if (text.startsWith('${{', i)) place(level, 'single', null);
      else {
        if (text[i] === '\n' && heredocs.length > 0) return giveUp('a quoted line break behind a <<');
        addQuoted(wordOf(level), text[i]!);
        i += 1;
      }
    }
    if (i >= text.length) return reportUnclosed(start, 'this single quote');
    i += 1;
  }

  function doubleQuoted(level: Level, refusal: string | null): void {
    const start = i;
    addQuoted(wordOf(level), '');
    i += 1;
    while (i < text.length && text[i] !== '"') {
      const char = text[i]!;
      if (text.startsWith('$${{', i)) escape();
      else if (text.startsWith('${{', i)) place(level, 'double', refusal);
      else if (char === '\\') backslash(level);
      else if (char === '$') dollar(level, true);
      else if (char === '`') skipRegion(endOfBackticks(text, i + 1, skipPlaceholder), 'backticks');
      else if (char === '\n' && heredocs.length > 0) giveUp('a quoted line break behind a <<');
      else {
        addQuoted(wordOf(level), char);
        i += 1;
      }
    }
    if (i >= text.length) return reportUnclosed(start, 'this double quote');
    i += 1;
  }

  function dollar(level: Level, isQuoted: boolean): void {
    const next = text[i + 1] ?? '';
    addComputed(wordOf(level));
    if (next === '(' && text[i + 2] === '(')
      return skipRegion(endOfArithmetic(text, i + 3, false, skipPlaceholder), '$(( )): compute inside ${{ }}');
    if (next === '(') {
      i += 2;
      return nested(newLevel('substitution', null), i - 2, 'this $(');
    }
    if (next === '{') return skipRegion(endOfParameter(text, i + 2, skipPlaceholder), 'a ${…} expansion');
    if (next === "'" && !isQuoted) return skipRegion(endOfAnsiString(text, i + 2, skipPlaceholder), "a $'…' string");
    if (next === '"' && !isQuoted) {
      i += 1;
      return doubleQuoted(level, 'in a $"…" string');
    }
    if (next === '[') return giveUp('$[');
    if (next === '\\' && text[i + 2] === '\n') return giveUp('a line that is continued inside an operator or a name');
    if (next === '$' && text.startsWith('${{', i + 2)) {
      i += 2;
      return place(level, 'raw', 'behind $$: put quotes between them, as in $$"" ');
    }
    if (/\w/.test(next)) {
      i += 1;
      while (/\w/.test(text[i] ?? '')) i += 1;
      variableEnd = i;
      return;
    }
    i += /[@*#?$!-]/.test(next) ? 2 : 1;
  }

  function nested(level: Level, start: number, what: string): void {
    depth += 1;
    if (depth > MAX_DEPTH) giveUp(`${MAX_DEPTH} nested $( )`);
    else commands(level, start, what);
    depth -= 1;
  }

  function openParen(level: Level): void {
    const { word } = level;
    const callBrackets = /^\([ \t]*\)/.exec(text.slice(i, i + 20));
    if (level.kind === 'array' || (level.isTest && level.kind !== 'top')) return giveUp('a ( in an array or [[ ]]');
    if (word !== null && opensArray(word)) {
      const hazard = hazardOf(level.words, word, false);
      i += 1;
      nested(newLevel('array', hazard), i - 1, 'this (');
      return addComputed(word);
    }
    if (word !== null) {
      if (callBrackets === null || !isPlain(word)) return giveUp('a ( inside a word');
      i += callBrackets[0].length;
      return endCommand(level);
    }
    if (text[i + 1] === '(') {
      if (level.isTest) return giveUp('(( in [[ ]]');
      return skipRegion(endOfArithmetic(text, i + 2, true, skipPlaceholder), '(( ))');
    }
    level.parens += 1;
    i += 1;
    endCommand(level);
  }

  function redirection(level: Level): void {
    // The number of a file descriptor is no word of the command.
    if (level.word !== null && /^\d+$/.test(level.word.raw)) level.word = null;
    endWord(level);
    if (level.kind === 'array') return giveUp('a redirection in an array');
    if (level.isTest) {
      if (text[i + 1] === '<') return giveUp('<< in [[ ]]');
      i += 1;
      return;
    }
    if (text[i + 1] === '(') {
      addComputed(wordOf(level));
      i += 2;
      return nested(newLevel('substitution', null), i - 2, 'this process substitution');
    }
    if (text.startsWith('<<', i) && text[i + 2] !== '<') {
      const read = level.kind === 'top' ? readHeredoc(text, i) : null;
      if (read === null) return giveUp('this here-document');
      heredocs.push(read.heredoc);
      i = read.end;
      return;
    }
    const operator = /^(?:<<<|<>|<&|>&|>>|>\||[<>])/.exec(text.slice(i, i + 3))![0];
    level.redirect = operator.endsWith('&') ? 'duplicate' : 'file';
    i += operator.length;
  }

  function newline(level: Level): void {
    if (level.kind === 'array') endWord(level);
    else endCommand(level);
    if (gaveUp) return;
    i += 1;
    if (heredocs.length === 0) return;
    if (level.kind !== 'top') return giveUp('a line break in $( ) behind a <<');
    const pending = heredocs;
    heredocs = [];
    for (const heredoc of pending) {
      if (gaveUp) return;
      skipRegion(endOfHeredoc(text, i, heredoc), 'a here-document, whose text is not quoted');
    }
  }

  function comment(level: Level): void {
    const newlineAt = text.indexOf('\n', i);
    const end = newlineAt === -1 ? text.length : newlineAt;
    // Old versions of bash look for the end of `$(` in comments too.
    if (level.isTest || (level.kind !== 'top' && /['"`()\\]/.test(text.slice(i, end)))) return giveUp('a comment in $( ) or [[ ]]');
    i = end;
  }

  /** Reads to the end of the level; `start` and `what` say what is unclosed where there is none. */
  function commands(level: Level, start: number, what: string): void {
    while (i < text.length) {
      const char = text[i]!;
      if (text.startsWith('$${{', i)) escape();
      else if (text.startsWith('${{', i)) place(level, 'bare', null);
      else if (char === ' ' || char === '\t') {
        endWord(level);
        i += gaveUp ? 0 : 1;
      } else if (char === '\n') newline(level);
      else if (char === '#' && level.word === null) comment(level);
      else if (char === '\\') backslash(level);
      else if (char === "'") singleQuoted(level);
      else if (char === '"') doubleQuoted(level, null);
      else if (char === '`') {
        addComputed(wordOf(level));
        skipRegion(endOfBackticks(text, i + 1, skipPlaceholder), 'backticks');
      } else if (char === '$') dollar(level, false);
      else if (char === '(') openParen(level);
      else if (char === ')') {
        if (level.isTest && level.kind !== 'top') giveUp('a ) in [[ ]]');
        endCommand(level);
        if (gaveUp) continue;
        i += 1;
        if (level.kind !== 'top' && level.parens === 0) return;
        level.parens = Math.max(0, level.parens - 1);
      } else if (char === ';' || char === '&' || char === '|') {
        if (level.kind === 'array') giveUp('an operator in an array');
        endCommand(level);
        i += gaveUp ? 0 : 1;
      } else if (char === '<' || char === '>') redirection(level);
      else {
        addPlain(wordOf(level), char);
        i += 1;
      }
    }
    if (level.kind !== 'top') reportUnclosed(start, what);
    else endCommand(level);
  }

  commands(newLevel('top', null), 0, '');
  if (!hasEvaluatedVariables) return { spots, unclosed };
  const refusal = 'in a script with `declare -i` or `-n`, by which bash computes what is assigned';
  return {
    spots: spots.map((spot) => (spot.kind === 'placeholder' ? { ...spot, refusal: spot.refusal ?? refusal } : spot)),
    unclosed,
  };
}
