/** `orch params`. */
import { EXIT } from '../../app/exit-codes.ts';
import { type Parameter, projectParameters } from '../../app/parameters.ts';
import type { JsonValue } from '../../model/ids.ts';
import type { SplitArgv } from '../argv.ts';
import { print, printError } from '../output.ts';
import { type GlobalOptions, projectRequest } from '../request.ts';
import { terminalFor } from '../style.ts';
import { formatTable, widthOfTerminal } from '../table.ts';

export async function params(
  targets: readonly string[],
  options: GlobalOptions,
  flags: SplitArgv['params'],
): Promise<number> {
  const parameters = await projectParameters(projectRequest(options, flags, false), targets);
  if (options.json === true) {
    print(`${JSON.stringify({ params: parameters.map(toJson) }, null, 2)}\n`);
    return EXIT.done;
  }
  if (parameters.length === 0) {
    printError(targets.length === 0 ? 'no parameters are declared\n' : 'these targets use no parameter\n');
    return EXIT.done;
  }
  const isAmbiguous = new Set(parameters.map(({ pipeline }) => pipeline)).size > 1;
  const { style } = terminalFor(process.stdout, options.color === false, process.env);
  const terminalWidth = widthOfTerminal(process.stdout);
  const rows = parameters.flatMap((parameter) =>
    linesOf(parameter).map((line) => [
      isAmbiguous ? `${parameter.pipeline}:${line.name}` : line.name,
      line.value,
      line.type,
      line.from,
      line.description,
      line.tasks,
    ]),
  );
  print(
    await formatTable({
      columns: [
        { title: 'parameter', minWidth: 24, paint: style.bold },
        { title: 'value', minWidth: 10 },
        { title: 'type', minWidth: 8, paint: style.dim },
        { title: 'from', minWidth: 10 },
        { title: 'description', minWidth: 20, paint: style.dim },
        { title: 'used by', minWidth: 12 },
      ],
      rows,
      terminalWidth,
      paintTitle: style.dim,
    }),
  );
  return EXIT.done;
}

interface Line {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly from: string;
  readonly tasks: string;
  readonly description: string;
}

/** One line a parameter, and of a map one for each value in it: those are the names that can be set. */
function linesOf(parameter: Parameter): Line[] {
  const { name, value, initial, setBy, tasks, uses, description } = parameter;
  const isUsedBy = (task: string, leaf: string) =>
    Object.entries(uses).some(
      ([used, users]) => users.includes(task) && (isWithin(leaf, used) || isWithin(used, leaf)),
    );
  return leavesOf(name, value, initial).map((leaf) => {
    const setting = setBy.findLast(
      (each) => isWithin(leaf.name, each.name) || isWithin(each.name, leaf.name),
    );
    return {
      name: leaf.name,
      value: textOf(leaf.value),
      type: leaf.name === name ? typeText(parameter) : typeOf(leaf.value),
      from:
        setting === undefined
          ? 'default'
          : `${setting.by}${leaf.initial === null ? '' : ` (default ${textOf(leaf.initial)})`}`,
      tasks: tasks.filter((task) => isUsedBy(task, leaf.name)).join(', '),
      description: description ?? '',
    };
  });
}

interface Leaf {
  readonly name: string;
  readonly value: JsonValue;
  readonly initial: JsonValue | null;
}

function leavesOf(name: string, value: JsonValue, initial: JsonValue | null): Leaf[] {
  if (!isMap(value) || Object.keys(value).length === 0) return [{ name, value, initial }];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(
      `${name}.${key}`,
      inner,
      isMap(initial) && Object.hasOwn(initial, key) ? (initial[key] ?? null) : null,
    ),
  );
}

function isMap(value: JsonValue | null): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `model.max_depth` lies within `model`, and within itself. */
function isWithin(name: string, outer: string): boolean {
  return name === outer || name.startsWith(`${outer}.`);
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function typeOf(value: JsonValue): string {
  if (value === null) return '';
  return Array.isArray(value) ? 'list' : typeof value;
}

/** `integer 1..12`, `enum sample|tlc`. */
function typeText({ type, min, max, values }: Parameter): string {
  if (values !== null) return `${type} ${values.map(String).join('|')}`;
  if (min !== null && max !== null) return `${type} ${min}..${max}`;
  if (min !== null) return `${type} >= ${min}`;
  return max === null ? type : `${type} <= ${max}`;
}

function toJson(parameter: Parameter): object {
  const { pipeline, name, value, type, origin, setBy, initial, min, max, values } = parameter;
  const { variable, flag, description, tasks, uses } = parameter;
  return {
    pipeline,
    name,
    value,
    type,
    origin,
    setBy,
    default: initial,
    min,
    max,
    values,
    variable,
    flag,
    description,
    tasks,
    uses,
  };
}
