/**
 * Reads a shell text as sh, dash and bash do, as far as is needed to know what each `${{ }}` stands in: bare, in
 * double or in single quotes, in which command; and to refuse those that can't be made safe there.
 *
 * The rule is to be sure. Where shells differ, or where finding the end of something would take a whole shell,
 * the reader gives up and refuses every later placeholder. Comments are skipped: what looks like a placeholder
 * there stays as it is. What a script does later with a variable that it filled is its own affair.
 */
import type { Quoting } from '../../model/expression.ts';
import {
  endOfAnsiString,
  endOfArithmetic,
  endOfArithmeticCommand,
  endOfBackticks,
  endOfHeredoc,
  endOfParameter,
  type Heredoc,
  readHeredoc,
} from './shell-regions.ts';
import { type ShellReading, ShellScan } from './shell-scan.ts';
import {
  addComputed,
  addPlain,
  addQuoted,
  emptyWord,
  hazardOf,
  isPlain,
  isPrefix,
  makesVariablesEvaluated,
  opensArray,
  opensCommand,
  standsBeforeCommand,
  type Word,
} from './shell-words.ts';

/** One nesting of commands: the text itself, a `$( )` or an array. */
interface Level {
  readonly kind: 'top' | 'substitution' | 'array';
  /** Open `(` of subshells. */
  parens: number;
  /** The complete words of the present command from its name on, without targets of redirections. */
  words: Word[];
  /** A prefix such as `command` came before its name. */
  isPrefixed: boolean;
  word: Word | null;
  /** What the next word is the target of; `duplicate` is `>&` and `<&`. */
  redirect: 'file' | 'duplicate' | null;
  /** Between `[[` and `]]`. */
  isTest: boolean;
  /** Why no value can stand in the rest of the present command (of an array: in any element). */
  refusal: string | null;
}

function newLevel(kind: Level['kind'], refusal: string | null): Level {
  return {
    kind,
    parens: 0,
    words: [],
    isPrefixed: false,
    word: null,
    redirect: null,
    isTest: false,
    refusal,
  };
}

const MAX_DEPTH = 30;
const CONTINUED = 'a line that is continued inside an operator or a name';

/** `endOf` gives the offset just behind the placeholder that begins at an offset. */
export function readShell(text: string, endOf: (offset: number) => number): ShellReading {
  const scan = new ShellScan(text, endOf);
  let depth = 0;
  /** Operators `<<` on this line; their bodies begin on the next. */
  let heredocs: Heredoc[] = [];

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
    else if (word.raw === 'case' && level.kind !== 'top') scan.giveUp('a `case` in $( )');
    if (makesVariablesEvaluated(level.words, word))
      scan.refuseAll(
        'in a script with `declare -i` or `-n`: bash computes what is assigned to such variables',
      );
    if (level.redirect === null) {
      if (level.words.length > 0 || !standsBeforeCommand(word, level.isPrefixed)) level.words.push(word);
      else level.isPrefixed ||= isPrefix(word);
    }
    level.redirect = null;
    if (level.kind === 'array' || !opensCommand(word)) return;
    level.refusal ??= hazardOf(level.words, emptyWord(), false);
    level.words = [];
    level.isPrefixed = false;
  }

  function endCommand(level: Level): void {
    endWord(level);
    level.words = [];
    level.isPrefixed = false;
    level.redirect = null;
    if (level.kind !== 'array') level.refusal = null;
  }

  function place(level: Level, quoting: Quoting, refusal: string | null): void {
    const word = wordOf(level);
    scan.takePlaceholder(quoting, refusal ?? refusalAt(level, word, quoting));
    addComputed(word);
  }

  function refusalAt(level: Level, word: Word, quoting: Quoting): string | null {
    if (heredocs.length > 0) return 'behind the << of a here-document on the same line';
    if (quoting !== 'single' && scan.variableEnd === scan.at) return 'glued to a $name: write ${name}';
    if (level.isTest) return 'in [[ ]], where bash computes: use [ ]';
    if (level.redirect === 'duplicate') return 'behind >& or <&, where bash expands it again';
    if (quoting === 'bare' && word.tilde) return 'glued to a ~: put a / between them, or quote the ~';
    return level.refusal ?? hazardOf(level.words, word, level.kind === 'array');
  }

  /** `$${{` where the shell would take the resulting `${` for an expansion. */
  function literalPlaceholder(): void {
    scan.takeEscape();
    scan.giveUp('a literal ${{ outside single quotes');
  }

  function backslash(level: Level): void {
    const next = text[scan.at + 1];
    if (text.startsWith('${{', scan.at + 1) || text.startsWith('$${{', scan.at + 1)) {
      scan.at = text.indexOf('${{', scan.at);
      place(level, 'raw', 'behind a backslash; a literal ${{ is written $${{, in single quotes');
    } else if (next !== '\n') {
      addQuoted(wordOf(level), next ?? '');
      scan.advance(2);
    } else if (scan.variableEnd === scan.at || /[<>($]/.test(text[scan.at - 1] ?? '')) {
      // The shell joins the lines before it looks at operators and names.
      scan.giveUp(CONTINUED);
    } else scan.advance(2);
  }

  function singleQuoted(level: Level): void {
    const start = scan.at;
    addQuoted(wordOf(level), '');
    scan.advance();
    while (!scan.isAtEnd && !scan.startsWith("'")) {
      if (scan.startsWith('$${{')) scan.takeEscape();
      else if (scan.startsWith('${{')) place(level, 'single', null);
      else if (scan.startsWith('\n') && heredocs.length > 0) scan.giveUp('a quoted line break behind a <<');
      else {
        addQuoted(wordOf(level), text[scan.at]!);
        scan.advance();
      }
    }
    if (scan.isAtEnd) scan.reportUnclosed(start, 'this single quote');
    scan.advance();
  }

  /** `refusal`: why none of its placeholders can be filled in. */
  function doubleQuoted(level: Level, refusal: string | null): void {
    const start = scan.at;
    addQuoted(wordOf(level), '');
    scan.advance();
    while (!scan.isAtEnd && !scan.startsWith('"')) {
      const char = text[scan.at]!;
      if (scan.startsWith('$${{')) literalPlaceholder();
      else if (scan.startsWith('${{')) place(level, 'double', refusal);
      else if (char === '\\') backslash(level);
      else if (char === '$') dollar(level, true);
      else if (char === '`') scan.skipRegion(scan.at + 1, 'backticks', endOfBackticks);
      else if (char === '\n' && heredocs.length > 0) scan.giveUp('a quoted line break behind a <<');
      else {
        addQuoted(wordOf(level), char);
        scan.advance();
      }
    }
    if (scan.isAtEnd) scan.reportUnclosed(start, 'this double quote');
    scan.advance();
  }

  function dollar(level: Level, isQuoted: boolean): void {
    const { at } = scan;
    const next = text[at + 1] ?? '';
    addComputed(wordOf(level));
    if (scan.startsWith('$((')) scan.skipRegion(at + 3, '$(( )): compute it inside ${{ }}', endOfArithmetic);
    else if (next === '(') nested('substitution', 2, null, 'this $(');
    else if (next === '{') scan.skipRegion(at + 2, 'a ${…} expansion', endOfParameter);
    else if (next === "'" && !isQuoted) scan.skipRegion(at + 2, "a $'…' string", endOfAnsiString);
    else if (next === '"' && !isQuoted) {
      scan.advance();
      doubleQuoted(level, 'in a $"…" string');
    } else if (next === '[') scan.giveUp('$[');
    else if (scan.startsWith('$\\\n')) scan.giveUp(CONTINUED);
    else if (scan.startsWith('$$${{')) {
      scan.advance(2);
      place(level, 'raw', 'behind $$: put quotes between them, as in $$""');
    } else if (/\w/.test(next)) {
      // `$1a` is `$1` and an a; of `$12` shells think differently.
      const letters = /\d/.test(next) ? /\d/ : /\w/;
      scan.advance();
      while (letters.test(text[scan.at] ?? '')) scan.advance();
      scan.variableEnd = scan.at;
    } else scan.advance(/[@*#?$!-]/.test(next) ? 2 : 1);
  }

  /** Reads what lies between parentheses; `opening` is the length of what opens them. */
  function nested(kind: Level['kind'], opening: number, refusal: string | null, what: string): void {
    const start = scan.at;
    scan.advance(opening);
    depth += 1;
    if (depth > MAX_DEPTH) scan.giveUp(`${MAX_DEPTH} nested $( )`);
    if (!commands(newLevel(kind, refusal))) scan.reportUnclosed(start, what);
    depth -= 1;
  }

  function openParen(level: Level): void {
    const { word } = level;
    if (level.kind === 'array' || (level.isTest && (level.kind !== 'top' || scan.startsWith('((')))) {
      scan.giveUp('a ( in an array or [[ ]]');
    } else if (word === null) {
      if (scan.startsWith('((')) scan.skipRegion(scan.at + 2, '(( ))', endOfArithmeticCommand);
      else {
        level.parens += 1;
        endCommand(level);
        scan.advance();
      }
    } else if (opensArray(word)) {
      nested('array', 1, hazardOf(level.words, word, false), 'this (');
      addComputed(word);
    } else {
      const brackets = /^\([ \t]*\)/.exec(text.slice(scan.at, scan.at + 20))?.[0];
      if (brackets !== undefined && isPlain(word)) {
        endCommand(level);
        scan.advance(brackets.length);
      } else scan.giveUp('a ( inside a word');
    }
  }

  /** False where the `)` ends the level. */
  function closeParen(level: Level): boolean {
    if (level.isTest && level.kind !== 'top') scan.giveUp('a ) in [[ ]]');
    endCommand(level);
    if (scan.isAtEnd) return true;
    scan.advance();
    if (level.kind !== 'top' && level.parens === 0) return false;
    level.parens = Math.max(0, level.parens - 1);
    return true;
  }

  function redirection(level: Level): void {
    // The number of a file descriptor, or the variable for it, is no word of the command.
    if (level.word !== null && /^(?:\d+|\{\w+\})$/.test(level.word.raw)) level.word = null;
    endWord(level);
    if (level.kind === 'array') scan.giveUp('a redirection in an array');
    else if (level.isTest) {
      if (scan.startsWith('<<')) scan.giveUp('<< in [[ ]]');
      else scan.advance();
    } else if (text[scan.at + 1] === '(') {
      addComputed(wordOf(level));
      nested('substitution', 2, null, 'this process substitution');
    } else if (scan.startsWith('<<') && !scan.startsWith('<<<')) {
      const read = level.kind === 'top' ? readHeredoc(text, scan.at) : null;
      if (read === null) scan.giveUp('this here-document');
      else {
        heredocs.push(read.heredoc);
        scan.advance(read.end - scan.at);
      }
    } else {
      const operator = /^(?:<<<|<>|<&|>&|>>|>\||[<>])/.exec(text.slice(scan.at, scan.at + 3))?.[0] ?? '';
      level.redirect = operator.endsWith('&') ? 'duplicate' : 'file';
      scan.advance(operator.length);
    }
  }

  function newline(level: Level): void {
    if (level.kind === 'array') endWord(level);
    else endCommand(level);
    scan.advance();
    const pending = heredocs;
    heredocs = [];
    if (pending.length > 0 && level.kind !== 'top') scan.giveUp('a line break in $( ) behind a <<');
    for (const heredoc of pending)
      scan.skipRegion(scan.at, 'a here-document, whose text is not quoted', (_, from) =>
        endOfHeredoc(text, from, heredoc),
      );
  }

  function comment(level: Level): void {
    const lineBreak = text.indexOf('\n', scan.at);
    const end = lineBreak === -1 ? text.length : lineBreak;
    // Old versions of bash look for the end of `$(` in comments too.
    const isRisky = level.kind !== 'top' && /['"`()\\]/.test(text.slice(scan.at, end));
    if (level.isTest || isRisky) scan.giveUp('a comment in $( ) or [[ ]]');
    else scan.advance(end - scan.at);
  }

  /** Reads to the end of the level; false where the text ends before it. */
  function commands(level: Level): boolean {
    while (!scan.isAtEnd) {
      const char = text[scan.at]!;
      if (scan.startsWith('$${{')) literalPlaceholder();
      else if (scan.startsWith('${{')) place(level, 'bare', null);
      else if (char === ' ' || char === '\t') {
        endWord(level);
        scan.advance();
      } else if (char === '\n') newline(level);
      else if (char === '#' && level.word === null) comment(level);
      else if (char === '\\') backslash(level);
      else if (char === "'") singleQuoted(level);
      else if (char === '"') doubleQuoted(level, null);
      else if (char === '`') {
        addComputed(wordOf(level));
        scan.skipRegion(scan.at + 1, 'backticks', endOfBackticks);
      } else if (char === '$') dollar(level, false);
      else if (char === '(') openParen(level);
      else if (char === ')') {
        if (!closeParen(level)) return true;
      } else if (char === ';' || char === '&' || char === '|') {
        if (level.kind === 'array') scan.giveUp('an operator in an array');
        endCommand(level);
        scan.advance();
      } else if (char === '<' || char === '>') redirection(level);
      else {
        addPlain(wordOf(level), char);
        scan.advance();
      }
    }
    endCommand(level);
    return false;
  }

  commands(newLevel('top', null));
  return scan.reading;
}
