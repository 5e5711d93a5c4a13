/** `orch accept TASK`, also `orch run -t TASK`. */
import { acceptTasks } from '../../app/accept.ts';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { failureText } from '../../reporters/phrases.ts';
import type { SplitArgv } from '../argv.ts';
import { print } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { turnOf } from '../turn.ts';

export async function accept(
  tasks: readonly string[],
  options: GlobalOptions,
  params: SplitArgv['params'],
): Promise<number> {
  if (tasks.length === 0)
    throw new CommandError('say which task to accept', EXIT.usage, 'for example `orch accept train`');
  const accepted = await acceptTasks(projectRequest(options, params, true), tasks, {
    describe: failureText,
    turn: turnOf(options),
  });
  if (options.json === true) print(`${JSON.stringify({ accepted }, null, 2)}\n`);
  else if (options.quiet !== true)
    for (const { task, outputs } of accepted)
      print(
        `accepted ${task}${outputs.length === 0 ? '' : `: ${outputs.slice(0, 5).join(', ')}${outputs.length > 5 ? ` and ${outputs.length - 5} more` : ''}`}\n`,
      );
  return EXIT.done;
}
