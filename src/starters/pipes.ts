/** Which shell suits a script with a pipe in it: orch warns of pipes under plain sh, where failures go unseen. */
import { existsSync } from 'node:fs';
import { hasLonePipe } from '../pipeline/shell-text.ts';

export interface ShellForPipes {
  readonly shell?: string | readonly string[];
  readonly comments?: readonly string[];
}

/** These end a pipe before its writer is done, or fail on purpose: with pipefail the task would fail. */
const LENIENT = /\b(head|grep|egrep|fgrep|rg|diff|cmp|yes|less|more|test)\b|\bsed\b[^|]*\bq\b|\[ /;

export function shellForPipes(script: string): ShellForPipes {
  if (!hasLonePipe(script)) return {};
  const hasBash = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'].some((path) => existsSync(path));
  // dash and bash differ in what echo makes of a backslash.
  if (!hasBash || /\becho\b[^\n]*\\/.test(script)) return {};
  if (LENIENT.test(script))
    return {
      shell: ['bash', '-e', '-c'],
      comments: ['as under sh, only the last command of a pipe decides; `shell: bash` would be stricter'],
    };
  return { shell: 'bash', comments: ['shell: bash, so that a failure anywhere in the pipe counts'] };
}
