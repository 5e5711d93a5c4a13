/** `orch init`: a small pipeline to begin with. */
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError, EXIT } from '../../app/exit-codes.ts';
import { print } from '../output.ts';
import type { GlobalOptions } from '../request.ts';

const STARTER = `# orch run            makes the default target
# orch list           lists the tasks
# orch schema         prints the JSON Schema of this file
version: 1
name: starter
default: [report]
params:
  name: {type: string, default: world, description: Whom to greet}
tasks:
  greet:
    description: A task with an output runs again only when something it depends on changed
    run: echo "Hello, \${{ params.name }}" > \${{ outputs[0] }}
    outputs: [build/greeting.txt]
  report:
    description: It depends on greet because it reads what greet makes
    run: wc -c < \${{ inputs[0] }} > \${{ outputs[0] }}
    inputs: [build/greeting.txt]
    outputs: [build/report.txt]
`;

export function init(options: GlobalOptions): number {
  const folder = resolve(options.directory ?? '.');
  const file = join(folder, 'orch.yaml');
  if (existsSync(file) || existsSync(join(folder, 'orch.yml')))
    throw new CommandError('there is an orch.yaml here already', EXIT.usage, '`orch list` shows its tasks');
  writeFileSync(file, STARTER);
  if (options.quiet !== true) print('wrote orch.yaml; try `orch run`\n');
  return EXIT.done;
}
