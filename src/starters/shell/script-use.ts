/**
 * Guesses from the text of a shell script which files it reads and writes: redirections, and words that are files of
 * this folder, of commands that do nothing but read them. Whatever else it finds is said to be unknown, so that
 * nobody takes a guess for knowledge. Executes nothing.
 */
import type { FileUse } from '../python/file-use.ts';

export interface ScriptUse extends FileUse {
  /** Words that name other scripts, as written: run or sourced. */
  readonly calls: readonly string[];
  readonly sourced: readonly string[];
}

/** They read the files that they are given, and write to their output only. */
const READERS = words(
  'awk base64 cat cksum cmp column comm cut diff egrep expand fgrep fmt fold gawk grep gunzip head iconv jq join less md5sum nl od paste rev rg sed sha256sum shuf sort stat strings tac tail tr tsort uniq wc xxd yq zcat',
);
/** They neither read nor write files of the project. */
const HARMLESS = words(
  ': [ [[ break case continue date declare do done echo elif else esac exit export false fi for function if in let local mkdir printf pwd read readonly return seq set shift sleep test then trap true type umask unset wait while until { } !',
);

/** `isFile`: a file of this folder, or one that another script writes. */
export function scriptUse(text: string, isFile: (path: string) => boolean): ScriptUse {
  const reads = new Set<string>();
  const writes = new Set<string>();
  const unknown = new Set<string>();
  const calls = new Set<string>();
  const sourced = new Set<string>();
  for (const { line, parts } of commandsOf(text)) {
    const doubt = (what: string) => unknown.add(`line ${line}: ${what}`);
    const args: string[] = [];
    for (const [at, part] of parts.entries()) {
      const before = parts[at - 1];
      if (REDIRECTION.test(part)) continue;
      if (before === undefined || !REDIRECTION.test(before)) {
        args.push(part);
        continue;
      }
      const path = literal(part);
      if (path === null) doubt(`${before} ${part}`);
      else if (/^\/dev\/|^&|^-$/.test(path) || before.endsWith('&')) continue;
      else if (before.includes('<')) reads.add(path);
      else if (before.includes('>>') && !writes.has(path)) doubt(`>> ${path}`);
      else writes.add(path);
    }
    while (args[0] !== undefined && (/^\w+\+?=/.test(args[0]) || LEADING.has(args[0]))) {
      if (args[0].includes('$(') || args[0].includes('`')) doubt(args[0]);
      args.shift();
    }
    const [name, ...given] = args;
    if (name === undefined) continue;
    const shell = /^(ba|z|da|k)?sh$/.test(name) ? given.find((word) => !word.startsWith('-')) : undefined;
    const script = literal(shell ?? name);
    if (name === '.' || name === 'source') sourced.add(literal(given[0] ?? '') ?? given[0] ?? '');
    else if (script !== null && /\.(sh|bash|zsh)$/.test(script)) calls.add(script);
    else if (name === 'tee' && literal(given.at(-1) ?? '$') !== null && !given.includes('-a'))
      writes.add(literal(given.at(-1)!)!);
    else if (
      READERS.has(name) &&
      !(name === 'sed' && given.some((word) => /^(-\w*i|--in-place)/.test(word)))
    ) {
      const output = given.indexOf('-o');
      for (const [at, word] of given.entries()) {
        const path = literal(word);
        if (path === null && !/^['"]/.test(word)) doubt(`${name} ${word}`);
        else if (path === null) continue;
        else if (output !== -1 && at === output + 1) writes.add(path);
        else if (isFile(path)) reads.add(path);
      }
    } else if (!HARMLESS.has(name)) doubt(name);
  }
  return {
    reads,
    writes,
    unknown: [...unknown],
    imports: new Set(),
    calls: [...calls],
    sourced: [...sourced],
  };
}

const REDIRECTION = /^\d*(>>|>\||>&|<&|&>|&>>|<>|>|<)$/;
const LEADING = words('then do else elif if while until time ! { nohup env command exec');

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}

/** A word without its quotes; null where the shell would put something in. */
function literal(word: string): string | null {
  const text = word.replace(/'([^']*)'|"([^"$`\\]*)"/g, (_, single, double) => single ?? double);
  return /[$`*?"'\\{]/.test(text) || text === '' ? null : text.replace(/^(\.\/)+/, '');
}

interface Command {
  readonly line: number;
  /** Words and redirections, as written. */
  readonly parts: readonly string[];
}

/** Simple commands, roughly as a shell takes a text apart; here-documents are left out. */
function commandsOf(text: string): readonly Command[] {
  const commands: Command[] = [];
  let parts: string[] = [];
  let line = 1;
  let begun = 1;
  const ends: string[] = [];
  const close = () => {
    if (parts.length > 0) commands.push({ line: begun, parts });
    parts = [];
  };
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const [token] = TOKEN.exec(text)!;
    at += token.length;
    if (/^[ \t]/.test(token) || token === '\\\n') {
      // Blanks, and a line that goes on.
    } else if (token.startsWith('#')) {
      // A comment: words that hold a # further on are tokens of their own.
    } else if (token.startsWith('<<') && token !== '<<<') ends.push(token.replace(/^<<-?\s*|['"\\]/g, ''));
    else if (/^[\n;&|()]/.test(token) && !REDIRECTION.test(token)) {
      close();
      for (const end of token === '\n' ? ends.splice(0) : []) {
        const rest = text.slice(at).split('\n');
        const found = rest.findIndex((each) => each.trim() === end);
        const skipped = rest.slice(0, found === -1 ? undefined : found + 1).join('\n').length + 1;
        line += text.slice(at, at + skipped).split('\n').length - 1;
        at += skipped;
      }
    } else {
      if (parts.length === 0) begun = line;
      parts.push(token);
    }
    line += token.split('\n').length - 1;
  }
  close();
  return commands;
}

const TOKEN =
  /[ \t]+|\\\n|#[^\n]*|<<<|<<-?\s*['"\\]?\w+['"]?|\d*(?:>>|>\||>&|<&|&>>|&>|<>|>|<)|&&|\|\||;;|[\n;&|()]|(?:\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\$\{[^}]*\}|[^\s\\'"`;&|()<>])+|[\s\S]/y;
