/**
 * Writes values so that a shell reads them as exactly these characters. The one tool is the single quote, in
 * which nothing has a meaning: inside double quotes too the value is put in single quotes between two double
 * quoted pieces. A backslash is never trusted with a value: in some encodings (Shift JIS, Big5) a shell takes a
 * backslash after certain bytes for half a character, a quote never.
 */

/** One word for sh, dash and bash, whatever stands beside it: `it's` becomes `'it'\''s'`, the empty text `''`. */
export function quoteWord(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** As `quoteWord`, but plain where the word needs no quotes: for command lines that people read. */
export function shellWord(value: string): string {
  return /^[A-Za-z0-9_./:@%+-]+$/.test(value) && !RESERVED.has(value) ? value : quoteWord(value);
}

/** Words with a meaning of their own at the start of a command. */
const RESERVED: ReadonlySet<string> = new Set(
  'if then else elif fi do done case esac while until for in function select time coproc'.split(' '),
);

/**
 * A bare word in a script, without quotes where they change nothing: `--year 2023 -o data/x.csv`. Left plain is
 * only what can't become anything but an ordinary word: not a name (it could be a reserved word, or with a `=`
 * behind it an assignment), not a number before a `<` or `>` (it would be a file descriptor), and nothing beside
 * text that might be part of such things. `before` and `after` are the neighbouring characters, '' at the
 * script's ends, null where they aren't known yet.
 */
export function quoteBare(value: string, before: string | null, after: string | null): string {
  const isPlain =
    /^[A-Za-z0-9_./:@%+-]+$/.test(value) &&
    !/^[A-Za-z_]\w*$/.test(value) &&
    before !== null &&
    /^[ \t\n=/:.-]?$/.test(before) &&
    after !== null &&
    /^[ \t\n;)/:.-]?$/.test(after);
  return isPlain ? value : quoteWord(value);
}

/** Inside double quotes; plain where every character means itself there. */
export function quoteInDouble(value: string): string {
  return /^[ #-~]*$/.test(value) && !/[$\\`]/.test(value) ? value : `"${quoteWord(value)}"`;
}

export function quoteInSingle(value: string): string {
  return value.replaceAll("'", "'\\''");
}
