/** Looks at the text of a shell script, roughly: enough for a warning, not for anything that must be certain. */
import { withoutPlaceholders } from './expression/without-placeholders.ts';

/** Is there a `|` between two commands? Quotes, comments, `||`, `>|`, arithmetic and patterns of `case` aren't. */
export function hasLonePipe(script: string): boolean {
  // Placeholders hold no shell text; `||` in them would be taken for one.
  const text = withoutPlaceholders(script, '_', 'text');
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '\\') at += 2;
    else if (character === "'") at = after(text, "'", at + 1);
    else if (character === '"') at = afterDoubleQuotes(text, at + 1);
    else if (character === '#' && (at === 0 || /[\s;&|(]/.test(text[at - 1]!))) at = after(text, '\n', at);
    else if (text.startsWith('((', at)) at = after(text, '))', at + 2) + 1;
    else if (character === '|') {
      if (text[at + 1] === '|') at += 2;
      else if (
        text[at - 1] === '>' ||
        /^\|\s*[^\s|&;()]+\s*\)/.test(text.slice(at, at + 200)) ||
        isCasePattern(text, at)
      )
        at++;
      else return true;
    } else at++;
  }
  return false;
}

function after(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  return found === -1 ? text.length : found + 1;
}

function afterDoubleQuotes(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/** `a|b|c)` at the start of a line or behind `in` or `;;`. */
function isCasePattern(text: string, at: number): boolean {
  const lineEnd = text.indexOf('\n', at);
  const rest = text.slice(at, lineEnd === -1 ? undefined : Math.min(lineEnd, at + 500));
  return /^(\|[^\s|&;()]*)+\)/.test(rest);
}
