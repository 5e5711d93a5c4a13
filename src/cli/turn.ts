/** How a command that changes a project, other than `run`, waits for a run that holds it: said on stderr. */
import type { Turn } from '../app/root-lock.ts';
import { ASCII_MARKS, EMOJI_MARKS, waitingPhrase } from '../reporters/phrases.ts';
import { fromEnvironment, NO_WAIT } from './options.ts';
import { printError } from './output.ts';
import type { GlobalOptions } from './request.ts';
import { terminalFor } from './style.ts';

export function turnOf(options: GlobalOptions): Turn {
  const { ascii } = terminalFor(process.stderr, options.color === false, process.env);
  const mark = (ascii ? ASCII_MARKS : EMOJI_MARKS).waiting;
  return {
    wait: options.wait !== false && fromEnvironment([NO_WAIT], process.env)['wait'] !== false,
    onWait: (held) => printError(`${mark} ${waitingPhrase(held.who, held.pid)}\n`),
  };
}
