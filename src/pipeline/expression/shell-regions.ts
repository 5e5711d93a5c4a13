/**
 * Finds the end of those parts of a shell text in which no placeholder may stand. Each function answers null
 * where the part isn't so plain that sh, dash and bash (old and new) surely agree on its end.
 */
import { withoutPlaceholders } from './without-placeholders.ts';

/** Offset just behind the placeholder that begins at an offset; null where none begins. */
export type SkipPlaceholder = (offset: number) => number | null;

/** From behind `$((` to behind `))`. */
export function endOfArithmetic(text: string, from: number, skip: SkipPlaceholder): number | null {
  let open = 0;
  for (let at = from; at < text.length; at += 1) {
    const behind = skip(at);
    if (behind !== null) {
      at = behind - 1;
      continue;
    }
    const char = text[at]!;
    if (char === '(') open += 1;
    else if (char === ')') {
      if (open === 0) return text[at + 1] === ')' ? at + 2 : null;
      open -= 1;
    } else if (!/[\w \t+*/%<>=!&|^~?:,$-]/.test(char)) return null;
  }
  return null;
}

/** From behind the `((` of a command, which dash takes for two subshells, where `<<` begins a here-document. */
export function endOfArithmeticCommand(text: string, from: number, skip: SkipPlaceholder): number | null {
  const end = endOfArithmetic(text, from, skip);
  return end !== null && text.slice(from, end).includes('<<') ? null : end;
}

/** From behind `${` to behind `}`. */
export function endOfParameter(text: string, from: number, skip: SkipPlaceholder): number | null {
  let open = 1;
  for (let at = from; at < text.length; at += 1) {
    const behind = skip(at);
    if (behind !== null) {
      at = behind - 1;
      continue;
    }
    const char = text[at]!;
    if (char === '}') {
      open -= 1;
      if (open === 0) return at + 1;
    } else if (char === '$' && text[at + 1] === '{') {
      open += 1;
      at += 1;
    } else if (!/[\w .,:;/%#*?@!^~+=[\]$-]/.test(char) || (at === from && char === ' ')) return null;
  }
  return null;
}

/** From behind the first backtick to behind the second. */
export function endOfBackticks(text: string, from: number, skip: SkipPlaceholder): number | null {
  for (let at = from; at < text.length; at += 1) {
    const behind = skip(at);
    if (behind !== null) {
      at = behind - 1;
      continue;
    }
    if (text[at] === '`') return at + 1;
    if (!/[\w .,:;/%*?@!^~+=|&$-]/.test(text[at]!) || /^\$\$/.test(text.slice(at, at + 2))) return null;
  }
  return null;
}

/** From behind `$'` to behind `'`, of which dash knows nothing: only where no backslash makes a difference. */
export function endOfAnsiString(text: string, from: number, skip: SkipPlaceholder): number | null {
  for (let at = from; at < text.length; at += 1) {
    const behind = skip(at);
    if (behind !== null) at = behind - 1;
    else if (text[at] === "'") return at + 1;
    else if (text[at] === '\\' || text[at] === '\n') return null;
  }
  return null;
}

export interface Heredoc {
  readonly delimiter: string;
  /** Written `<<-`: tabs at the start of lines are dropped. */
  readonly isIndented: boolean;
  /** The delimiter is quoted: nothing in the body has a meaning. */
  readonly isLiteral: boolean;
}

const HEREDOC = /<<(-?)[ \t]*(?:'([\w.-]+)'|"([\w.-]+)"|(\\?)([\w.-]+))(?=[ \t\n;&|<>]|$)/y;

/** The operator and its delimiter at `<<`, and the offset behind them. */
export function readHeredoc(
  text: string,
  at: number,
): { readonly heredoc: Heredoc; readonly end: number } | null {
  HEREDOC.lastIndex = at;
  const match = HEREDOC.exec(text);
  if (match === null) return null;
  const [whole, dash, single, double, backslash, bare] = match;
  const delimiter = single ?? double ?? bare ?? '';
  return {
    heredoc: { delimiter, isIndented: dash === '-', isLiteral: bare === undefined || backslash !== '' },
    end: at + whole.length,
  };
}

/** From the start of a body to behind the line that ends it; the text's end where that line is missing. */
export function endOfHeredoc(
  text: string,
  from: number,
  { delimiter, isIndented, isLiteral }: Heredoc,
): number | null {
  let at = from;
  let bodyEnd = text.length;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const lineEnd = newline === -1 ? text.length : newline;
    const line = text.slice(at, lineEnd);
    const start = at;
    at = Math.min(lineEnd + 1, text.length);
    if ((isIndented ? line.replace(/^\t+/, '') : line) === delimiter) {
      bodyEnd = start;
      break;
    }
  }
  if (isLiteral) return at;
  // dash reads commands in the body before it looks for the end, bash after; a line joined by a backslash ends
  // nothing. Without commands over several lines and without joined lines they agree.
  const rest = withoutPlaceholders(text.slice(from, bodyEnd), '\0', 'line')
    .replace(/\$\{\w+\}|\$\([\w .,:;/%@+=|-]*\)/g, '')
    .replaceAll('\0', '')
    .replace(/\\[^\n]/g, '');
  return /[\\`]|\$[({]/.test(rest) ? null : at;
}
