/**
 * What a YAML syntax error means to the person who wrote the line. The library says what its parser missed; here
 * that becomes the slip behind it: a colon forgotten, a text that needed quotes, a line indented otherwise than
 * its neighbours. Knows texts and offsets, nothing of pipelines.
 */
import type { ProblemDetails } from './problems.ts';
import type { SourceFile, Span } from './source-file.ts';

export type MistakeCode =
  | 'tab-indent'
  | 'missing-colon'
  | 'colon-in-text'
  | 'unclosed-quote'
  | 'unclosed-bracket'
  | 'unquoted-text'
  | 'bad-escape'
  | 'bad-indent'
  | 'bad-yaml';

export interface Mistake extends ProblemDetails {
  readonly code: MistakeCode;
  readonly span: Span;
  readonly message: string;
}

/** As the YAML library reports it. */
export interface SyntaxError {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** A quote or bracket that was opened, and where what it opens ends; null: it was never closed. */
export interface Opening {
  readonly offset: number;
  readonly end: number;
  readonly isClosed: boolean;
}

/** One slip in one place: whatever comes after it in the file is read as it was meant. */
const LOCAL: ReadonlySet<MistakeCode> = new Set([
  'colon-in-text',
  'unquoted-text',
  'bad-escape',
  'tab-indent',
]);

/** A file of another kind may have an error in each of its lines. */
const MAX_MISTAKES = 100;

/**
 * The slips behind syntax errors, by position: one for each line, and none after the first that makes the parser
 * lose its way.
 */
export function mistakesBehind(
  errors: readonly SyntaxError[],
  openings: readonly Opening[],
  source: SourceFile,
): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const lines = new Set<number>();
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    // Tabs make the parser see further errors everywhere.
    if (mistakes[0]?.code === 'tab-indent' && error.code !== 'TAB_AS_INDENT') continue;
    if (lines.has(source.position({ start: error.pos[0], end: error.pos[0] }).line)) continue;
    const mistake = explain(error, openings, source);
    const { line } = source.position(mistake.span);
    const [first] = mistakes;
    if (first !== undefined && (lines.has(line) || isBlank(mistake.span, source.text))) continue;
    lines.add(line);
    mistakes.push(mistake);
    if (!LOCAL.has(mistake.code) || mistakes.length === MAX_MISTAKES) break;
  }
  return mistakes;
}

/** Where a file ends too early, the line before it says more. */
function isBlank({ start }: Span, text: string): boolean {
  return lineAt(text, start).text.trim() === '';
}

/** YAML's own limit for a key. */
const MAX_KEY = 1_100;

interface Line {
  readonly start: number;
  /** Without its line break. */
  readonly text: string;
  readonly indent: number;
}

function explain(error: SyntaxError, openings: readonly Opening[], { text, position }: SourceFile): Mistake {
  const [from, to] = error.pos;
  const line = lineAt(text, from);
  const tabs = /^ *\t\s*/.exec(line.text);
  if (error.code === 'TAB_AS_INDENT' || (tabs !== null && error.code !== 'UNEXPECTED_TOKEN'))
    return tabIndent(line);

  switch (error.code) {
    case 'MULTILINE_IMPLICIT_KEY':
      return missingColon(text, line);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return /:(\s|$)/.test(text.slice(from, from + MAX_KEY)) && !/sequence/.test(error.message)
        ? colonInText(text, from)
        : badIndent(text, line);
    case 'BLOCK_IN_FLOW':
      return {
        ...colonInText(text, from),
        hint: 'put a text with ": " in quotes; between two entries of { } stands a comma',
      };
    case 'BAD_SCALAR_START':
      return unquoted(
        error.pos,
        `a text that starts with ${quote(text[from]!)} needs quotes`,
        inQuotes(line, from),
      );
    case 'BAD_DQ_ESCAPE': {
      const written = /^\\.?/su.exec(text.slice(from))?.[0] ?? '\\';
      return {
        code: 'bad-escape',
        span: { start: from, end: from + written.length },
        message: `${written} means nothing in a text in double quotes`,
        hint: 'paths are written with "/"; a backslash itself is \\\\, or stands in single quotes',
      };
    }
    case 'BAD_ALIAS':
      return unquoted(error.pos, `a lone "${text[from]}" needs quotes`, 'put the whole text in quotes');
    case 'MISSING_CHAR': {
      const directive = /^%.*/m.exec(text);
      if (/directives-end/.test(error.message) && directive !== null)
        return unquoted(
          [directive.index, directive.index + directive[0].length],
          'a line that starts with "%" is a directive of YAML',
          'remove it, or start a comment with "#"',
        );
      if (/closing ["']quote/.test(error.message)) return unclosedQuote(from, openings, text);
      if (/map values/.test(error.message)) return missingColon(text, line);
      if (/^Comments must/.test(error.message))
        return unquoted(
          [from, from + 1],
          'a "#" without a space before it starts no comment',
          'put a space before it; a text with "#" in it needs quotes',
        );
      break;
    }
    case 'UNEXPECTED_TOKEN': {
      if (/^Unexpected (,|empty item)/.test(error.message))
        return {
          code: 'bad-yaml',
          span: { start: from, end: from + 1 },
          message: 'nothing stands before this comma',
          hint: 'remove it',
        };
      const behind = textBehind(error, line, openings, { text, position });
      if (behind !== null) return behind;
      break;
    }
    case 'BAD_INDENT': {
      if (/^Flow /.test(error.message)) return unclosedBracket(from, openings, text);
      if (/^Block scalar/.test(error.message)) return blockNotIndented(line);
      if (/same column/.test(error.message)) return badIndent(text, line);
      break;
    }
  }
  const placeholder = line.text.indexOf('${{');
  if (placeholder !== -1) return bareExpression(line, placeholder);
  return { code: 'bad-yaml', span: { start: from, end: to }, message: lowerFirst(error.message), hint: null };
}

function tabIndent(line: Line): Mistake {
  const tab = line.start + line.text.indexOf('\t');
  const length = /^[\t ]*/.exec(line.text.slice(tab - line.start))![0].length;
  return {
    code: 'tab-indent',
    span: { start: tab, end: tab + length },
    message: 'a tab used for indentation',
    hint: 'YAML indents with spaces',
  };
}

function missingColon(text: string, line: Line): Mistake {
  const header = lineAbove(text, line);
  if (header !== null && /[:-]\s+[|>][-+0-9]*\s*(#.*)?$/.test(header.text) && line.indent <= header.indent)
    return blockNotIndented(line);
  const content = line.text.trim();
  const start = line.start + line.indent;
  const glued = /^([\w-]+):(?=\S)/.exec(content);
  if (glued !== null)
    return {
      code: 'missing-colon',
      span: { start, end: start + content.length },
      message: `a space is missing behind "${glued[0]}"`,
      hint: `write ${glued[0]} ${content.slice(glued[0].length)}`,
    };
  const [word = '', ...rest] = content.split(/\s+/);
  return {
    code: 'missing-colon',
    span: { start, end: start + content.length },
    message: `a colon is missing: a line here is a key, ":" and its value`,
    hint: /^[\w-]+$/.test(word) ? `write ${word}:${rest.length > 0 ? ` ${rest.join(' ')}` : ''}` : null,
  };
}

/** `from` is where the text starts that YAML took for a key. */
function colonInText(text: string, from: number): Mistake {
  const colon = from + Math.max(0, text.slice(from, from + MAX_KEY).search(/:(\s|$)/));
  const line = lineAt(text, colon);
  const key = /^[^:]*/.exec(line.text.trim())![0];
  if (line.start > from)
    return {
      code: 'bad-indent',
      span: { start: line.start + line.indent, end: line.start + line.indent + key.length },
      message: `${quote(key)} is indented more than the key above it, which has a value already`,
      hint: 'keys of one map stand in the same column',
    };
  return {
    code: 'colon-in-text',
    span: { start: colon, end: colon + 1 },
    message: 'a second ": " on one line, where YAML takes what stands before it for a key',
    hint: isKeyAndValue(line.text.slice(from - line.start))
      ? 'write it on the next line, indented more; or is it a text? Then put it in quotes'
      : `${inQuotes(line, from)}, or write it on the lines below "|"`,
  };
}

/** `test: run: make`: a map was meant. */
function isKeyAndValue(text: string): boolean {
  return /^[a-z_]+: \S+$/.test(text.trim());
}

function unclosedQuote(at: number, openings: readonly Opening[], text: string): Mistake {
  const opening = openings.find(({ end, isClosed }) => !isClosed && end >= at) ?? { offset: at };
  const mark = text[opening.offset] ?? '"';
  return {
    code: 'unclosed-quote',
    span: { start: opening.offset, end: opening.offset + 1 },
    message: `this ${mark} is never closed`,
    hint: `end the text with ${mark}, or leave out the first one`,
  };
}

function unclosedBracket(at: number, openings: readonly Opening[], text: string): Mistake {
  const open = openings.filter(({ offset, end }) => offset < at && end >= at && '[{'.includes(text[offset]!));
  const { offset } = open[open.length - 1] ?? { offset: at };
  const mark = text[offset] === '[' ? ']' : '}';
  return {
    code: 'unclosed-bracket',
    span: { start: offset, end: offset + 1 },
    message: `this "${text[offset]}" is never closed`,
    hint: `a "${mark}" is missing; a text that starts with "${text[offset]}" needs quotes`,
  };
}

function blockNotIndented(line: Line): Mistake {
  const content = line.text.trim();
  return {
    code: 'bad-indent',
    span: { start: line.start + line.indent, end: line.start + line.indent + content.length },
    message: 'the text below "|" or ">" must be indented more than its key, every line alike',
    hint: 'put two more spaces before each line of it',
  };
}

function badIndent(text: string, line: Line): Mistake {
  const content = line.text.trim();
  const before = lineAbove(text, line);
  if (before !== null && before.indent === line.indent && /^\s*- /.test(before.text))
    return {
      code: 'bad-indent',
      span: { start: line.start + line.indent, end: line.start + line.indent + content.length },
      message: 'this line stands among the items of a list and is none',
      hint: 'an item starts with "- "; a key of the map around the list is indented less',
    };
  const above: string[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let at: Line | null = lineAbove(text, line); at !== null; at = lineAbove(text, at)) {
    if (at.indent >= least) continue;
    least = at.indent;
    const key = /^(- )?[^:\s]*/.exec(at.text.trim())![0];
    above.push(`${at.indent} (${key})`);
    if (least < line.indent) break;
  }
  return {
    code: 'bad-indent',
    span: { start: line.start + line.indent, end: line.start + line.indent + content.length },
    message: `this line is indented by ${line.indent} ${line.indent === 1 ? 'space' : 'spaces'}, like none of those that it could belong to`,
    hint: above.length === 0 ? null : `the lines above are indented by ${above.reverse().join(', ')}`,
  };
}

/** Something stands behind a value that has ended: behind a closing quote or bracket, or in the line of a "|". */
function textBehind(
  { message, pos: [from, to] }: SyntaxError,
  line: Line,
  openings: readonly Opening[],
  source: Pick<SourceFile, 'text' | 'position'>,
): Mistake | null {
  const before = source.text.slice(line.start, from);
  if (/[:-]\s+[|>]\S*\s*$/.test(before) || /^Block scalar header/.test(message)) {
    const start = line.start + line.text.search(/[|>]/);
    return unquoted(
      [start, start + 1],
      `a text that starts with "${source.text[start]}" needs quotes`,
      inQuotes(line, start),
    );
  }
  if (/^Unexpected flow-(map|seq)-end/.test(message)) {
    const mark = source.text[from]!;
    return {
      code: 'unclosed-bracket',
      span: { start: from, end: from + 1 },
      message: `this "${mark}" closes nothing`,
      hint: `remove it, or open it with "${mark === ']' ? '[' : '{'}"`,
    };
  }
  if (!/at node end/.test(message)) return null;
  const placeholder = line.text.indexOf('${{');
  const last = before.trimEnd().slice(-1);
  const span = { start: from, end: Math.max(to, line.start + line.text.trimEnd().length) };
  if (last === '"' || last === "'") {
    const opening = openings.find(({ end }) => end === line.start + before.trimEnd().length);
    const isFromAbove = opening !== undefined && opening.offset < line.start;
    const begin = isFromAbove ? source.position({ start: opening.offset, end: opening.offset + 1 }) : null;
    return {
      code: 'unquoted-text',
      span,
      message: `text behind the closing ${last}: the value has ended there`,
      hint:
        last === "'"
          ? "write '' for a ' inside single quotes, or put the whole text in double quotes"
          : 'put the whole text in single quotes, or write it on the lines below "|"',
      related: begin === null ? [] : [{ ...begin, message: 'the text in quotes begins here' }],
    };
  }
  if (placeholder !== -1) return bareExpression(line, placeholder);
  if (last !== ']' && last !== '}') return null;
  return {
    code: 'unquoted-text',
    span,
    message: `text behind "${last}": the value has ended there`,
    hint: `a text that starts with "${last === ']' ? '[' : '{'}" needs quotes`,
  };
}

function bareExpression(line: Line, at: number): Mistake {
  const end = line.text.indexOf('}}', at);
  return unquoted(
    [line.start + at, line.start + (end === -1 ? at + 3 : end + 2)],
    'inside [ ] and { } a text with ${{ }} needs quotes',
    'put the whole text in quotes: ["data/${{ params.year }}.csv"]',
  );
}

function unquoted([start, end]: readonly [number, number], message: string, hint: string): Mistake {
  return { code: 'unquoted-text', span: { start, end }, message, hint };
}

/** `write 'the text'`, where that is short and needs no escapes. */
function inQuotes(line: Line, from: number): string {
  const value = line.text
    .slice(from - line.start)
    .replace(/\s+#.*$/, '')
    .trimEnd();
  if (value.length > 60 || value === '' || /[[{,]/.test(line.text.slice(0, from - line.start)))
    return 'put the whole text in quotes';
  if (!value.includes("'")) return `write '${value}'`;
  return /["\\]/.test(value) ? 'put the whole text in quotes' : `write "${value}"`;
}

function quote(text: string): string {
  return text === '"' ? `'"'` : `"${text}"`;
}

/** Line breaks as the YAML library sees them: a lone \r is none. */
function lineAt(text: string, offset: number): Line {
  // From -1 on, `lastIndexOf` would look at the first character all the same.
  const start = offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return makeLine(start, text.slice(start, end === -1 ? undefined : end));
}

/** The nearest line above that isn't empty or a comment. */
function lineAbove(text: string, { start }: Line): Line | null {
  for (let at = start; at > 0; ) {
    const line = lineAt(text, at - 1);
    if (!/^\s*(#|$)/.test(line.text)) return line;
    at = line.start;
  }
  return null;
}

function makeLine(start: number, raw: string): Line {
  const text = raw.replace(/\r$/, '');
  return { start, text, indent: /^ */.exec(text)![0].length };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
