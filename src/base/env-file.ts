/**
 * Reads the text of an env file, as docker compose and dotenv write them:
 *
 *     # a comment
 *     NAME=value            up to the end of the line, or to a # with a blank before it; trimmed
 *     export NAME=value     so that a shell can read the file too
 *     NAME='as it $is'      to the next ', over several lines if need be
 *     NAME="one\ntwo"       likewise to the next ", where \n \r \t \\ \" \$ mean what they do in other tools
 *
 * `$OTHER` is never replaced: a password may hold a dollar. It doesn't know what the values are for, and so no
 * problem that it tells shows any of the text.
 */
import { fail, type Outcome, ok } from './outcome.ts';

export interface EnvFileProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

const NAME = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', $: '$' };

/** The values by name; of a name that comes twice the later. Touches no disk. */
export function parseEnvFile(given: string): Outcome<ReadonlyMap<string, string>, EnvFileProblem> {
  const text = given.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const values = new Map<string, string>();
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const end = endOfLine(text, at);
    const rest = text.slice(at, end);
    if (/^[ \t]*(#|$)/.test(rest)) {
      at = end + 1;
      line++;
      continue;
    }
    const start = NAME.exec(rest);
    if (start === null)
      return fail({
        line,
        message: 'this is no NAME=VALUE; a value of several lines must stand in quotes',
      });
    const [before, name] = start as unknown as [string, string];
    const from = at + before.length;
    const quote = text[from];
    if (quote !== '"' && quote !== "'") {
      values.set(
        name,
        rest
          .slice(before.length)
          .replace(/(^|[ \t]+)#.*$/, '')
          .trim(),
      );
      at = end + 1;
      line++;
      continue;
    }
    const close = closingQuote(text, from + 1, quote);
    if (close === -1)
      return fail({ line, message: `the ${quote} before the value of ${name} is never closed` });
    const inner = text.slice(from + 1, close);
    const lastLine = line + inner.split('\n').length - 1;
    const tail = text.slice(close + 1, endOfLine(text, close));
    if (!/^[ \t]*(#|$)/.test(tail))
      return fail({
        line: lastLine,
        message: `something follows the closing ${quote} of the value of ${name}`,
      });
    values.set(name, quote === "'" ? inner : unescaped(inner));
    at = endOfLine(text, close) + 1;
    line = lastLine + 1;
  }
  return ok(values);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === quote) return at;
    if (quote === '"' && text[at] === '\\') at++;
  }
  return -1;
}

/** A backslash before anything else stays, as in a regular expression or a Windows path. */
function unescaped(text: string): string {
  return text.replace(/\\([nrt\\"$])/g, (_, char: string) => ESCAPES[char]!);
}
