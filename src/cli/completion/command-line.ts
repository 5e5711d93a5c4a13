/**
 * Where on a command line the cursor stands: after which command, in which argument, in the value of which flag.
 * It reads words as orch does, but forgives everything.
 */
import type { CommandInfo, FlagInfo } from './command-info.ts';

export interface Place {
  /** The command so far; orch itself where none has been typed. */
  readonly command: CommandInfo;
  /** Words that are neither flags, nor their values, nor commands. */
  readonly given: readonly string[];
  /** The word at the cursor is the value of this flag. */
  readonly flag: FlagInfo | null;
  /** The word at the cursor is the value of a flag that orch doesn't know: of this parameter, with `-` as typed. */
  readonly param: string | null;
  /** Behind `--`. */
  readonly isForCommand: boolean;
  /** Values of flags that say where the project is. */
  readonly directory: string | null;
  readonly file: string | null;
  readonly root: string | null;
  readonly pipeline: string | null;
}

/** `before`: the words between `orch` and the one at the cursor. */
export function placeOf(before: readonly string[], current: string, orch: CommandInfo): Place {
  let command = orch;
  let flag: FlagInfo | null = null;
  let param: string | null = null;
  const given: string[] = [];
  const where = new Map<string, string>();
  const place = (isForCommand: boolean): Place => ({
    command,
    given,
    flag,
    param,
    isForCommand,
    directory: where.get('--directory') ?? null,
    file: where.get('--file') ?? null,
    root: where.get('--root') ?? null,
    pipeline: where.get('--pipeline') ?? null,
  });
  for (const word of before) {
    if (flag !== null) {
      where.set(flag.long, word);
      flag = null;
      continue;
    }
    if (param !== null && !word.startsWith('-')) {
      param = null;
      continue;
    }
    param = null;
    if (word === '--') return place(true);
    if (word.startsWith('-') && word !== '-') {
      const { name, value } = splitFlag(word, command, orch);
      const known = flagNamed(name, command, orch);
      if (known !== null && known.value !== null) {
        if (value === null) flag = known;
        else where.set(known.long, value);
      } else if (known === null && value === null && name.startsWith('--') && command.takesParams)
        param = name.slice(2);
      continue;
    }
    const next = given.length > 0 ? undefined : command.commands.find((each) => each.name === word);
    if (next === undefined) given.push(word);
    else command = next;
  }
  // A parameter's value isn't taken for one where it looks like a flag.
  if (current.startsWith('-')) param = null;
  return place(false);
}

/** `--file=x`, `-fx`; a group of short flags (`-kn`) counts by its last. */
function splitFlag(
  word: string,
  command: CommandInfo,
  orch: CommandInfo,
): { readonly name: string; readonly value: string | null } {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    return equals === -1
      ? { name: word, value: null }
      : { name: word.slice(0, equals), value: word.slice(equals + 1) };
  }
  for (let at = 1; at < word.length; at++) {
    const name = `-${word[at]}`;
    const takesValue = flagNamed(name, command, orch)?.value != null;
    if (takesValue || at === word.length - 1) {
      const rest = word.slice(at + 1);
      return { name, value: takesValue && rest !== '' ? rest : null };
    }
  }
  return { name: word, value: null };
}

export function flagNamed(name: string, command: CommandInfo, orch: CommandInfo): FlagInfo | null {
  return [...command.flags, ...orch.flags].find(({ long, short }) => long === name || short === name) ?? null;
}
