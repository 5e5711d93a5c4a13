/** `orch list`. */
import { EXIT } from '../../app/exit-codes.ts';
import { listTasks, type TaskListing } from '../../app/task-list.ts';
import type { Task } from '../../model/task.ts';
import { foldedLabel } from '../../planner/cells.ts';
import type { SplitArgv } from '../argv.ts';
import { print } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';
import { formatTable, widthOfTerminal } from '../table.ts';

export interface ListOptions extends GlobalOptions {
  readonly cells?: boolean;
  readonly label?: readonly string[];
}

export async function list(options: ListOptions, flags: SplitArgv['params'] = []): Promise<number> {
  const listings = await listTasks(projectRequest(options, flags, false), options.label ?? []);
  if (options.json === true) {
    print(`${JSON.stringify({ pipelines: listings.map(listingJson) }, null, 2)}\n`);
    return EXIT.done;
  }
  const width = widthOfTerminal(process.stdout);
  print(width === null ? await plainList(listings, options) : await wideList(listings, options, width));
  return EXIT.done;
}

const INDENT = '  ';

/** For eyes: a paragraph a pipeline. */
async function wideList(
  listings: readonly TaskListing[],
  options: ListOptions,
  terminalWidth: number,
): Promise<string> {
  const { style } = terminalFor(process.stdout, options.color === false, process.env);
  const { default: truncate } = await import('cli-truncate');
  const paragraphs = listings.map(async (listing) => {
    const { name, file, description } = listing.pipeline;
    const about = ` (${file})${description === null ? '' : `: ${description.replace(/\s+/g, ' ')}`}`;
    const table = await formatTable({
      columns: [
        { title: 'task', minWidth: 20 },
        { title: 'about', minWidth: 8, paint: style.dim },
        { title: 'labels', minWidth: 8, paint: style.dim },
        { title: 'description', minWidth: 16 },
      ],
      rows: rowsOf(listing, options),
      terminalWidth: terminalWidth - INDENT.length,
      paintTitle: null,
    });
    return `${truncate(style.bold(name) + about, terminalWidth)}\n${table.replace(/^(?=.)/gm, INDENT)}`;
  });
  return (await Promise.all(paragraphs)).join('\n');
}

/** For programs: a line a task, its first field a target. */
function plainList(listings: readonly TaskListing[], options: ListOptions): Promise<string> {
  return formatTable({
    columns: [],
    rows: listings.flatMap((listing) => rowsOf(listing, options)),
    terminalWidth: null,
    paintTitle: null,
  });
}

/** Name, what is to be known about it, labels, description. */
function rowsOf(listing: TaskListing, { cells }: ListOptions): string[][] {
  return grouped(listing.tasks, cells === true).map((tasks) => {
    const [first] = tasks as readonly [Task, ...Task[]];
    const name = tasks.length === 1 ? first.label : foldedLabel(tasks.map(({ label }) => label));
    const about = [
      ...(tasks.length > 1 ? [`${tasks.length} cells`] : []),
      ...(first.run === null ? ['group'] : []),
      ...(tasks.some(listing.isDefault) ? ['default'] : []),
      ...(tasks.some(listing.isFinal) ? ['finally'] : []),
    ];
    return [name, about.join(', '), first.labels.join(', '), first.description ?? ''];
  });
}

/** Cells of one task together, where its first one stands. */
function grouped(tasks: readonly Task[], areCellsApart: boolean): readonly (readonly Task[])[] {
  if (areCellsApart) return tasks.map((task) => [task]);
  const groups = new Map<string, Task[]>();
  for (const task of tasks) {
    const group = groups.get(task.name);
    if (group === undefined) groups.set(task.name, [task]);
    else group.push(task);
  }
  return [...groups.values()];
}

function listingJson({ pipeline, tasks, isDefault, isFinal }: TaskListing): object {
  return {
    name: pipeline.name,
    file: pipeline.file,
    description: pipeline.description,
    default: pipeline.defaultTargets,
    params: pipeline.params.map(({ name, type, value, description }) => ({ name, type, value, description })),
    tasks: tasks.map((task) => ({
      name: task.name,
      label: task.label,
      description: task.description,
      kind: task.run === null ? 'group' : 'task',
      default: isDefault(task),
      final: isFinal(task),
      cell: task.cell,
      inputs: task.inputs.map(({ path }) => path),
      outputs: task.outputs.map(({ path }) => path),
      needs: task.needs.map(({ task: id }) => id),
      labels: task.labels,
    })),
  };
}
