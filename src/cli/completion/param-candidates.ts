/** Parameters as flags, as assignments of `--param`, and their values. */
import type { JsonValue } from '../../model/ids.ts';
import type { ParamNames, PipelineNames } from '../../state/names.ts';
import { type Candidate, closed } from './candidate.ts';

interface Settable {
  /** Dotted. */
  readonly name: string;
  readonly value: JsonValue;
  readonly of: ParamNames;
}

/** Every name that can be set: of a map the values in it. */
function settables(pipelines: readonly PipelineNames[]): readonly Settable[] {
  const byName = new Map<string, Settable>();
  for (const { params } of pipelines)
    for (const param of params)
      for (const [name, value] of leavesOf(param.name, param.value))
        if (!byName.has(name)) byName.set(name, { name, value, of: param });
  return [...byName.values()];
}

function leavesOf(name: string, value: JsonValue): readonly (readonly [string, JsonValue])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(`${name}.${key}`, inner));
}

/** `--month`; not those whose flag orch has itself. */
export function paramFlags(
  pipelines: readonly PipelineNames[],
  taken: ReadonlySet<string>,
): readonly Candidate[] {
  return settables(pipelines).flatMap((settable) => {
    const flag = flagOf(settable);
    return taken.has(flag) ? [] : [closed(flag, aboutParam(settable))];
  });
}

/** `--url-template`, and of a map `--model.max_depth`: below its own name keys stand as they are. */
function flagOf({ name, of }: Settable): string {
  return `--${of.name.replaceAll('_', '-')}${name.slice(of.name.length)}`;
}

/** `month=`, and where that has been typed, `month=1`… */
export function paramAssignments(current: string, pipelines: readonly PipelineNames[]): readonly Candidate[] {
  const equals = current.indexOf('=');
  if (equals === -1)
    return settables(pipelines).map((settable) => ({
      value: `${settable.name}=`,
      description: aboutParam(settable),
      isOpen: true,
    }));
  const name = current.slice(0, equals);
  return paramValues(name, pipelines).map((each) => ({ ...each, value: `${name}=${each.value}` }));
}

const MAX_NUMBERS = 31;

/** The values that a parameter can have, where they can be counted. */
export function paramValues(name: string, pipelines: readonly PipelineNames[]): readonly Candidate[] {
  const found = settables(pipelines).find(
    (settable) => settable.name.replaceAll('-', '_') === name.replaceAll('-', '_'),
  );
  if (found === undefined) return [];
  const { of, value } = found;
  if (typeof value === 'boolean') return [closed('true'), closed('false')];
  if (of.name !== found.name) return [];
  if (of.values !== null) return of.values.map((each) => closed(String(each)));
  const { min, max } = of;
  if (of.type !== 'integer' || typeof min !== 'number' || typeof max !== 'number' || max - min >= MAX_NUMBERS)
    return [];
  return Array.from({ length: max - min + 1 }, (_, at) => closed(String(min + at)));
}

function aboutParam({ name, value, of }: Settable): string {
  const now = typeof value === 'string' ? value : JSON.stringify(value);
  const text = of.description ?? (name === of.name ? of.type : typeof value);
  return `${text} (${now})`;
}
