/**
 * `orch complete`, which the scripts of `orch completion` call: the way round, where pipeline files must be read
 * (see `complete-quickly` for the usual one). It prints the answer or nothing, and always ends well.
 */
import { EXIT } from '../../app/exit-codes.ts';
import { quickNames } from '../../app/quick-names.ts';
import { thoroughNames } from '../../app/thorough-names.ts';
import type { CommandInfo } from '../completion/command-info.ts';
import { readQuestion } from '../completion/respond.ts';
import { startPointOf } from '../completion/start-point.ts';
import { localDate } from '../local-date.ts';
import { print } from '../output.ts';

/** `orch complete --describe` prints what is known of the commands: the build keeps it. */
export async function complete(argv: readonly string[], orch: CommandInfo): Promise<number> {
  if (argv[0] === '--describe') {
    print(`${JSON.stringify(orch)}\n`);
    return EXIT.done;
  }
  try {
    const question = readQuestion(argv, orch);
    if (question === null) return EXIT.done;
    const start = startPointOf(question.place, process.cwd(), process.env['HOME']);
    const quick = await quickNames(start);
    const today = localDate(new Date());
    const names = quick.names ?? (await thoroughNames({ quick, environment: process.env, today }));
    print(question.respond(names));
  } catch {
    // Nothing is known; a half-typed line is no place for messages.
  }
  return EXIT.done;
}
