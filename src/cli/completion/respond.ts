/**
 * The answer to a shell's question, as its script (`scripts.ts`) reads it. The first line says what of the disk
 * fits: `none`, `files`, `folders` or `otherwise` (files, where nothing else does). Then a line a candidate:
 *
 *     bash  what readline is to insert
 *     zsh   `s` or `n` (a space after it, none), the word, its description, with tabs between
 *     fish  the word and its description, with a tab between
 */
import type { PipelineNames } from '../../state/names.ts';
import { forBash, listedByBash, readBashLine, shortened } from './bash-line.ts';
import type { Candidate } from './candidate.ts';
import { type Answer, answerOf, needsNames } from './candidates.ts';
import type { CommandInfo } from './command-info.ts';
import { type Place, placeOf } from './command-line.ts';

export interface ShellQuestion {
  readonly place: Place;
  readonly current: string;
  readonly needsNames: boolean;
  readonly respond: (names: readonly PipelineNames[]) => string;
}

/** COMP_TYPE where bash lists without inserting. */
const LISTING = '63';

/**
 * `argv`: `bash TYPE BREAKS LINE`, with the line up to the cursor, or `zsh|fish -- WORD…`, the last word being the
 * one at the cursor. null: no such question.
 */
export function readQuestion(argv: readonly string[], orch: CommandInfo): ShellQuestion | null {
  const [shell, ...rest] = argv;
  if (shell === 'bash') {
    const [type = '', breaks = '', line = ''] = rest;
    const read = readBashLine(line, breaks);
    const write = ({ candidates }: Answer) =>
      type === LISTING && read.quote === '' ? listedByBash(candidates, read) : forBash(candidates, read);
    return question(read.before.slice(1), read.current, orch, write);
  }
  if (shell !== 'zsh' && shell !== 'fish') return null;
  const words = rest[0] === '--' ? rest.slice(1) : rest;
  const write = shell === 'zsh' ? zshLine : fishLine;
  return question(words.slice(0, -1), words.at(-1) ?? '', orch, ({ candidates }) => candidates.map(write));
}

function question(
  before: readonly string[],
  current: string,
  orch: CommandInfo,
  write: (answer: Answer) => readonly string[],
): ShellQuestion {
  const place = placeOf(before, current, orch);
  return {
    place,
    current,
    needsNames: needsNames({ place, current, orch }),
    respond(names) {
      const answer = answerOf({ place, current, orch, names });
      return [answer.disk, ...write(answer)].map((line) => `${line}\n`).join('');
    },
  };
}

function zshLine({ value, description, isOpen }: Candidate): string {
  return `${isOpen ? 'n' : 's'}\t${value}\t${shortened(description)}`;
}

function fishLine({ value, description }: Candidate): string {
  return description === '' ? value : `${value}\t${shortened(description)}`;
}
