/**
 * The words of a command as far as they are known before it runs, and the commands that read their words as
 * something else than plain data: as shell code, or (bash) as arithmetic, where `a[$(command)]` runs a command.
 * A quoted value is one word there as elsewhere, but it isn't safe.
 *
 * What a program does with its own arguments (ssh, awk, python3 -c, make) is not the shell's and not looked at.
 */

/** Stands in `raw` and `cooked` for a part that is only known later, and in `raw` for a quoted part. */
const OPAQUE = '\0';

export interface Word {
  /** As typed, quoted and computed parts opaque: what decides whether it is a reserved word or an assignment. */
  raw: string;
  /** Without its quotes, computed parts opaque: what decides which command it names. */
  cooked: string;
  /** An unquoted `~` without a `/` behind it: what comes next would be the name of a user. */
  tilde: boolean;
}

export function emptyWord(): Word {
  return { raw: '', cooked: '', tilde: false };
}

export function addPlain(word: Word, text: string): void {
  word.raw += text;
  word.cooked += text;
  if (text === '~') word.tilde = true;
  else if (text === '/') word.tilde = false;
}

export function addQuoted(word: Word, text: string): void {
  word.raw += OPAQUE;
  word.cooked += text;
}

export function addComputed(word: Word): void {
  word.raw += OPAQUE;
  word.cooked += OPAQUE;
}

export function isPlain(word: Word): boolean {
  return !word.raw.includes(OPAQUE);
}

const ASSIGNMENT = /^([A-Za-z_]\w*)\+?=/;

/** `name=` or `name+=` and nothing else, so that `(` behind it begins an array. */
export function opensArray(word: Word): boolean {
  return /^[A-Za-z_]\w*\+?=$/.test(word.raw);
}

/** A word behind which another command may begin: certainly in `for x do …`, not in `echo do …`. */
export function opensCommand(word: Word): boolean {
  return OPENERS.has(word.raw);
}

const OPENERS: ReadonlySet<string> = new Set('{ if then else elif do while until'.split(' '));

/** May stand before the name of a command. */
const PREFIXES: ReadonlySet<string> = new Set(
  '! time coproc command builtin exec env nohup sudo nice'.split(' '),
);

const SHELL = /^(?:.*\/)?(?:|ba|da|a|k|mk|z|fi|c|tc)sh$/;

/** Builtins of which every word may be evaluated. */
const EVALUATING: ReadonlySet<string> = new Set(
  'eval let trap alias read mapfile readarray unset getopts wait compgen complete bind fc'.split(' '),
);

const DECLARING: ReadonlySet<string> = new Set('declare typeset local readonly export'.split(' '));

/** Variables whose text a shell evaluates, or computes when it is assigned. */
const EVALUATED_VARIABLES: ReadonlySet<string> = new Set(
  'BASH_ENV ENV PS0 PS1 PS2 PS4 PROMPT_COMMAND RANDOM SRANDOM SECONDS OPTIND HISTCMD LINENO BASHPID'.split(
    ' ',
  ),
);

/**
 * Why no value can stand in `word`; null where it can. `before` are the words of its command so far, beginning
 * with the command's name.
 */
export function hazardOf(before: readonly Word[], word: Word, inArray: boolean): string | null {
  const name = ASSIGNMENT.exec(word.raw)?.[1];
  if (name !== undefined && EVALUATED_VARIABLES.has(name)) return `in $${name}, which the shell evaluates`;
  if (inArray ? word.raw.startsWith('[') : /^[A-Za-z_]\w*\[[^\]]*$/.test(word.raw))
    return 'in the index of an array, which the shell computes';
  if (inArray) return null;
  // A variable may be empty: `$1eval` is eval.
  const command = before[0]?.cooked.replaceAll(OPAQUE, '');
  const previous = before[before.length - 1];
  if (command === undefined || previous === undefined) return null;
  const hasArgument = (pattern: RegExp) => before.some(({ cooked }, i) => i > 0 && pattern.test(cooked));
  if (EVALUATING.has(command)) return `in the words of ${command}, which are evaluated`;
  if (DECLARING.has(command) && (name === undefined || hasArgument(/^[-+\0]/)))
    return `in ${command}, except as the value in \`${command} name=…\` without options`;
  const isBehindWord = before.length > 1;
  if ((command === 'test' || command === '[') && isBehindWord && /^-[vR]$|\0/.test(previous.cooked))
    return `in ${command} behind -v or a computed word`;
  if (command === 'printf' && !/^[^-\0]/.test(word.cooked) && !hasArgument(/^[^-\0]/))
    return 'at the start of the format of printf, which would take it for an option';
  return isScript(before) ? 'in a script for another shell' : null;
}

/**
 * Whether the name of the command is still to come behind this word: an assignment, a prefix (with its options),
 * or an unquoted variable, which may be empty. `isPrefixed`: a prefix or variable came before.
 */
export function standsBeforeCommand({ raw, cooked }: Word, isPrefixed: boolean): boolean {
  return isPrefix({ raw, cooked }) || ASSIGNMENT.test(raw) || (isPrefixed && cooked.startsWith('-'));
}

export function isPrefix({ raw, cooked }: Pick<Word, 'raw' | 'cooked'>): boolean {
  return PREFIXES.has(cooked) || (raw === cooked && /^\0+$/.test(raw));
}

/** Whether the next word is the text of `sh -c`, `sudo bash -e -o pipefail -c`, `su -c` and the like. */
function isScript(before: readonly Word[]): boolean {
  let at = before.length - 1;
  let isCommandText = false;
  for (; at >= 0; at -= 1) {
    const { cooked } = before[at]!;
    if (/^-[A-Za-z]*c$|^-c|^--command$/.test(cooked)) isCommandText = true;
    const isOptionValue = at > 0 && /^[-+][A-Za-z]*[oO]$/.test(before[at - 1]!.cooked);
    if (!/^[-+]/.test(cooked) && !isOptionValue) break;
  }
  if (!isCommandText) return false;
  return before
    .slice(0, at + 1)
    .some(({ cooked }) => SHELL.test(cooked) || /^(?:su|runuser|script|flock)$/.test(cooked));
}

/** bash: the option of `declare -i n` makes every later value of n arithmetic, that of `declare -n` a name. */
export function makesVariablesEvaluated(before: readonly Word[], option: Word): boolean {
  if (!/^[-+]\w*[in]/.test(option.cooked)) return false;
  const [command] = before;
  return command !== undefined && DECLARING.has(command.cooked);
}
