/**
 * A Taskfile as a pipeline: sources are inputs, generates are outputs, deps are needs, variables parameters. Reads
 * the folder, runs nothing of it, needs no go-task.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';
import type { Folder } from '../folder.ts';
import { commandText, plainCommand, projectPath, textOf } from '../orch-text.ts';
import { shellForPipes } from '../pipes.ts';
import { isMap, type JsonMap, listOf, readMap } from '../plain-data.ts';
import { scriptOf } from '../shell-lines.ts';
import {
  isRisky,
  type Note,
  pipelineName,
  type Starter,
  type StarterParam,
  type StarterTask,
  taskNamer,
} from '../starter.ts';
import { commandLines, preconditions, type Surroundings, statusOf, variablesFor } from './commands.ts';
import { envOf, pathsOf, withoutOwn } from './files.ts';
import { renderPieces, type TaskVariables } from './template.ts';

type Noting = (text: string) => void;

export async function taskfileStarter(folder: Folder, file: string): Promise<Starter> {
  const yaml = await import('yaml');
  const notes: Note[] = [];
  const taskfile = readMap(yaml, folder, file, (trouble) => notes.push(trouble)) ?? {};
  const note: Noting = (text) => notes.push({ at: file, text });
  for (const field of ['includes', 'dotenv', 'shopt', 'set', 'output']) if (field in taskfile) note(field);
  const written = isMap(taskfile['tasks']) ? Object.entries(taskfile['tasks']) : [];
  const namer = taskNamer();
  const surroundings: Surroundings = {
    tasks: new Map(written.map(([name, task]) => [name, fieldsOf(task)])),
    names: new Map(written.map(([name]) => [name, namer(name)])),
    global: isMap(taskfile['vars']) ? taskfile['vars'] : {},
    params: new Map<string, StarterParam>(),
  };

  const tasks = [...surroundings.tasks].flatMap(([name, fields]): StarterTask[] => {
    const task = taskOf(name, fields, { ...surroundings, folder, note });
    if (task.ok) return [task.value];
    note(`task ${name}: ${task.error}`);
    return [];
  });
  const env = envOf(taskfile['env'], variablesFor('', {}, {}, surroundings), note);
  // Without `default`, task itself only lists its tasks.
  const first =
    ['default', 'build', 'all', 'test', 'check', 'lint'].find((name) =>
      tasks.some((task) => task.name === name),
    ) ?? tasks.find(({ name }) => !isRisky(name))?.name;
  const mentioned = JSON.stringify([tasks, env]);
  return {
    kind: 'taskfile',
    from: file,
    name: pipelineName(folder.root),
    default: first === undefined ? [] : [first],
    lessons: [
      'sources are inputs, generates are outputs, deps are needs; `task build X=1` is `orch run build --X 1`.',
      'A task that had no files always runs (`cache: false`); with inputs and outputs it would run only when needed.',
    ],
    params: [...surroundings.params.values()].filter(({ name }) => mentioned.includes(`params.${name}`)),
    ...env,
    tasks,
    notes,
  };
}

/** `build: go build` and `build: [a, b]` are short for `cmds`. */
function fieldsOf(task: JsonValue): JsonMap {
  if (isMap(task)) return task;
  return task === null ? {} : { cmds: task };
}

const UNSUPPORTED = ['prompt', 'platforms', 'dotenv', 'watch', 'interactive', 'aliases'];

interface Place extends Surroundings {
  readonly folder: Folder;
  readonly note: Noting;
}

function taskOf(name: string, fields: JsonMap, place: Place): Outcome<StarterTask, string> {
  const { names, note, folder } = place;
  if (name.includes('*')) return fail('a name with a wildcard');
  if ('requires' in fields) return fail('it requires variables to be given');
  for (const field of UNSUPPORTED) if (field in fields) note(`task ${name}: ${field}`);
  const variables = variablesFor(name, fields, {}, place);
  const dir = dirOf(fields['dir'], variables, folder);
  if (!dir.ok) return dir;

  const needs = new Set<string>();
  for (const dep of listOf(fields['deps'])) {
    const called = typeof dep === 'string' ? dep : isMap(dep) ? dep['task'] : undefined;
    const needed = typeof called === 'string' ? names.get(called.replace(/^:/, '')) : undefined;
    if (needed === undefined || (isMap(dep) && ('vars' in dep || 'for' in dep)))
      note(`task ${name}: the dependency ${JSON.stringify(dep)}`);
    else needs.add(needed);
  }
  const lines = commandLines(name, fields, variables, { ...place, needs, chain: [name], isOuter: true });
  if (!lines.ok) return lines;
  const checks = preconditions(fields['preconditions'], variables);
  if (!checks.ok) return checks;
  const outputs = pathsOf(fields['generates'], variables, dir.value, folder);
  if (!outputs.ok) return outputs;
  const inputs = pathsOf(fields['sources'], variables, dir.value, folder);
  if (!inputs.ok) return inputs;
  const status = statusOf(fields['status'], variables);
  if (!status.ok) return status;

  const description = fields['desc'] ?? fields['summary'];
  const common = {
    name: names.get(name)!,
    ...(typeof description === 'string' ? { description: description.split('\n')[0]! } : {}),
    ...(needs.size > 0 ? { needs: [...needs] } : {}),
  };
  const script = scriptOf([...checks.value, ...lines.value]);
  const run = commandText(script);
  if (run === '' && needs.size > 0) return ok(common);
  const { comments = [], ...shell } = shellForPipes(run);
  const hasFiles = outputs.value.length > 0 || inputs.value.length > 0;
  // Without files, `status` alone says whether it is due.
  const probe = outputs.value.length === 0 ? status.value : null;
  if (status.value !== null && probe === null) note(`task ${name}: status, besides generates`);
  return ok({
    ...common,
    ...(comments.length > 0 ? { comments } : {}),
    ...(dir.value === '' ? {} : { dir: dir.value }),
    ...shell,
    ...envOf(fields['env'], variables, note),
    run: run || ':',
    plainRun: plainCommand(script) || ':',
    inputs: withoutOwn(inputs.value, outputs.value),
    outputs: outputs.value,
    ...(probe === null ? {} : { probe, cache: true }),
    ...((hasFiles && fields['method'] !== 'none') || probe !== null ? {} : { cache: false }),
  });
}

/** Root-relative, '' for the root. */
function dirOf(
  written: JsonValue | undefined,
  variables: TaskVariables,
  folder: Folder,
): Outcome<string, string> {
  if (typeof written !== 'string') return ok('');
  const pieces = renderPieces(written, variables);
  if (!pieces.ok) return pieces;
  const path = projectPath(textOf(pieces.value) || '.', folder.root);
  return path.ok ? path : fail('its dir lies outside this folder');
}
