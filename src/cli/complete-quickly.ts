/**
 * `orch complete` as a bundle of its own, so that a word is completed while it is being typed: node's own start
 * takes longer than all that is done here. `bin/orch` goes straight to it. Where reading pipeline files is needed,
 * it leaves that to the main bundle. orch's commands come in as data, written down when orch was built.
 */
import { writeSync } from 'node:fs';
import { quickNames } from '../app/quick-names.ts';
import type { CommandInfo } from './completion/command-info.ts';
import { readQuestion } from './completion/respond.ts';
import { startPointOf } from './completion/start-point.ts';
import { loadBundle } from './load-bundle.ts';

declare const ORCH_COMMANDS: CommandInfo;

/** `argv`: behind `complete`. false: not answered. Never throws, and says nothing but the answer. */
async function complete(argv: readonly string[]): Promise<boolean> {
  try {
    const question = readQuestion(argv, ORCH_COMMANDS);
    if (question === null) return false;
    const start = startPointOf(question.place, process.cwd(), process.env['HOME']);
    const names = question.needsNames ? (await quickNames(start)).names : [];
    if (names === null) return false;
    write(question.respond(names));
    return true;
  } catch {
    return false;
  }
}

function write(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // A full pipe is waited for; a reader that has gone wants nothing more.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}

void complete(process.argv.slice(3)).then((isAnswered) => {
  if (!isAnswered) loadBundle();
});
