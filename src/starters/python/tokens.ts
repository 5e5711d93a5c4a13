/** Python's text as tokens, as far as finding calls and literals needs it: comments go, strings have their value. */

export type Token =
  | {
      readonly kind: 'name' | 'number' | 'symbol';
      readonly text: string;
      readonly line: number;
      readonly atStart: boolean;
    }
  | {
      readonly kind: 'string';
      readonly text: string;
      /** An f-string: `{…}` in it are expressions. */
      readonly isFormat: boolean;
      readonly line: number;
      readonly atStart: boolean;
    };

const TOKEN =
  /(?<blank>[ \t\r\f]+|\\\n)|(?<comment>#[^\n]*)|(?<newline>\n)|(?<prefix>[rRbBfFuU]{0,2})(?<quote>"""|'''|"|')|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<number>\d[\w.]*)|(?<symbol>.)/suy;

/** `atStart`: the token is the first of a line that isn't indented. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) break;
    const atStart = start === lineStart;
    const { newline, prefix = '', quote, name, number, symbol } = groups;
    if (newline !== undefined) {
      line += 1;
      lineStart = TOKEN.lastIndex;
    } else if (quote !== undefined) {
      const from = TOKEN.lastIndex;
      const end = endOfString(text, from, quote);
      const raw = text.slice(from, end);
      const value = /r/i.test(prefix) ? raw : raw.replace(/\\([\\'"])/g, '$1');
      tokens.push({ kind: 'string', text: value, isFormat: /f/i.test(prefix), line, atStart });
      line += raw.split('\n').length - 1;
      TOKEN.lastIndex = Math.min(end + quote.length, text.length);
    } else if (name !== undefined) tokens.push({ kind: 'name', text: name, line, atStart });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, line, atStart });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, line, atStart });
  }
  return tokens;
}

function endOfString(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith(quote, at)) return at;
    else if (text[at] === '\n' && quote.length === 1) return at;
  }
  return text.length;
}
