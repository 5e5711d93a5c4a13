/**
 * Takes apart the arguments of `orch run` before commander sees them: what follows `--`, and flags that are
 * none of orch's own and so must be parameters of the pipeline (`--month 2`).
 */
export interface SplitArgv {
  /** What commander gets. */
  readonly known: readonly string[];
  /** Words after `--`. */
  readonly extra: readonly string[];
  readonly params: readonly {
    readonly name: string;
    readonly value: string;
    readonly from: string;
    /** Written with `=`. */
    readonly isAttached: boolean;
    /** Without any value, which means true. */
    readonly isBare: boolean;
    /** Long flags of the command besides those of all, without dashes: one of them may have been meant. */
    readonly ownFlags?: readonly string[];
  }[];
}

/** `flags`: orch's own long flags without dashes; `withValue`: those of them that take the next word. */
export function splitArgv(
  argv: readonly string[],
  flags: ReadonlySet<string>,
  withValue: ReadonlySet<string>,
): SplitArgv {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const known: string[] = [];
  const params: SplitArgv['params'][number][] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word);
    if (match === null || flags.has(match[1]!)) {
      known.push(word);
      const takesNext =
        match === null ? /^-[jfCp]$/.test(word) : match[2] === undefined && withValue.has(match[1]!);
      if (takesNext && at + 1 < words.length) known.push(words[++at]!);
      continue;
    }
    const name = match[1]!;
    const next = words[at + 1];
    if (match[2] !== undefined)
      params.push({ name, value: match[2], from: `--${name}`, isAttached: true, isBare: false });
    else if (next !== undefined && (!next.startsWith('-') || /^-[\d.]/.test(next))) {
      params.push({ name, value: next, from: `--${name}`, isAttached: false, isBare: false });
      at++;
    } else params.push({ name, value: 'true', from: `--${name}`, isAttached: true, isBare: true });
  }
  return { known, extra: end === -1 ? [] : argv.slice(end + 1), params };
}
