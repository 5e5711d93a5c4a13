/**
 * Parameters of one pipeline: declarations from the file, values from the defaults, the environment and the
 * command line, in that order. It doesn't know which task uses them.
 */

import { nearest } from '../base/nearest.ts';
import type { Outcome } from '../base/outcome.ts';
import type { JsonValue } from '../model/ids.ts';
import type { ParamDeclaration, ParamSetting } from '../model/task.ts';
import { type Declared, declarationsOf } from './param-declarations.ts';
import { looseScalar, parseByType, type ReadLoose, troubleWith, typeOfValue } from './param-types.ts';
import { paramVariable } from './param-variable.ts';
import { NO_PLACE, type Problems } from './problems.ts';
import type { SourceFile } from './source-file.ts';
import type { YamlNode } from './yaml-node.ts';

/** A value from the command line. */
export interface GivenParam {
  /** null: for every pipeline that declares it. */
  readonly pipeline: string | null;
  /** Dotted: `model.max_depth`. */
  readonly name: string;
  readonly value: string;
  /** What the user typed, for messages: `--month`, `--param`. */
  readonly from: string;
  /** A flag without a value: true of a boolean, else its value was forgotten. */
  readonly isBare?: boolean;
}

export interface ParamsRequest {
  readonly pipeline: string;
  readonly node: YamlNode | null;
  readonly source: SourceFile;
  readonly problems: Problems;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gets the name of every variable that was asked for. */
  readonly environmentUsed: Set<string>;
  readonly given: readonly GivenParam[];
  /** Names of flags of `orch run`, with or without `--`. */
  readonly reservedFlags: readonly string[];
  readonly readLoose: ReadLoose;
}

/** Values in force; what is wrong with them is reported. Touches no disk. */
export function readParams(request: ParamsRequest): readonly ParamDeclaration[] {
  const { node, source, problems, reservedFlags } = request;
  const declared = declarationsOf(node, source, problems);
  const flags = new Set(reservedFlags.map((flag) => flag.replace(/^--/, '')));
  for (const { name, position } of declared) {
    const flag = name.replaceAll('_', '-');
    if (flags.has(flag))
      problems.warning(
        'parameter-shadowed',
        position,
        `--${flag} is a flag of orch run: the parameter ${name} has no flag of its own`,
        {
          hint: `set it by --param ${name}=…`,
        },
      );
  }
  refuseCoincidingVariables(declared, problems);
  return declared.flatMap((declaration) => valueInForce(declaration, request) ?? []);
}

function refuseCoincidingVariables(declared: readonly Declared[], problems: Problems): void {
  const byVariable = new Map<string, { name: string; position: Declared['position'] }>();
  for (const { name: top, initial, position } of declared)
    for (const name of [top, ...namesBelow(top, initial)]) {
      const variable = paramVariable(name);
      const before = byVariable.get(variable);
      if (before === undefined) byVariable.set(variable, { name, position });
      else
        problems.error(
          'coinciding-parameters',
          position,
          `the parameters ${before.name} and ${name} have the same variable, ${variable}`,
          {
            hint: 'rename one of them',
            related: [{ ...before.position, message: `${before.name} is here` }],
          },
        );
    }
}

/** `model.max_depth`… for a map of values; nothing for anything else. */
function namesBelow(name: string, value: JsonValue | undefined): readonly string[] {
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${name}.${key}`,
    ...namesBelow(`${name}.${key}`, inner),
  ]);
}

function isMap(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueInForce(declared: Declared, request: ParamsRequest): ParamDeclaration | null {
  const { problems, environment, environmentUsed, given, pipeline } = request;
  let value = declared.initial;
  let origin: ParamDeclaration['origin'] = 'default';
  let isRefused = false;
  const setBy: ParamSetting[] = [];
  const set = (name: string, text: string, from: string, as: ParamDeclaration['origin']): void => {
    const changed = withValue(declared, value, name, text, request.readLoose);
    if (changed.ok) {
      value = changed.value;
      origin = as;
      setBy.push({ name, by: from });
      return;
    }
    isRefused = true;
    const { message, unknown, hint } = changed.error;
    problems.error(unknown ? 'unknown-parameter' : 'wrong-parameter', NO_PLACE, `${from}: ${message}`, {
      hint,
    });
  };
  for (const name of [declared.name, ...namesBelow(declared.name, declared.initial)]) {
    const variable = paramVariable(name);
    environmentUsed.add(variable);
    const text = environment[variable];
    if (text !== undefined) set(name, text, variable, 'environment');
  }
  for (const each of given)
    if ((each.pipeline ?? pipeline) === pipeline && topName(each.name) === declared.name) {
      const isForgotten = each.isBare === true && declared.type !== 'boolean' && each.name === declared.name;
      if (!isForgotten) set(each.name, each.value, each.from, 'command-line');
      else {
        isRefused = true;
        problems.error('wrong-parameter', NO_PLACE, `${each.from} needs a value`, {
          hint: `write ${each.from} VALUE`,
        });
      }
    }
  if (value === undefined) {
    if (isRefused) return null;
    problems.error(
      'missing-parameter',
      declared.position,
      `the parameter ${declared.name} has no default and no value`,
      {
        hint: `give it a default, or a value by --param ${declared.name}=…`,
      },
    );
    return null;
  }
  const { name, type, min, max, values, description, position } = declared;
  const initial = declared.initial ?? null;
  return { name, type, value, origin, initial, min, max, values, setBy, description, position };
}

export function topName(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? name : name.slice(0, dot);
}

interface Refused {
  readonly message: string;
  readonly unknown: boolean;
  readonly hint: string | null;
}

/** The parameter's value with one part of it set from a text. */
function withValue(
  declared: Declared,
  value: JsonValue | undefined,
  name: string,
  text: string,
  readLoose: ReadLoose,
): Outcome<JsonValue, Refused> {
  const keys = name.split('.').slice(1);
  const refused = (message: string, hint: string | null = null, unknown = false) =>
    ({ ok: false, error: { message, unknown, hint } }) as const;
  if (keys.length === 0) {
    const parsed = parseByType(text, declared, readLoose);
    const trouble = parsed.ok ? troubleWith(parsed.value, declared) : parsed.error;
    return trouble === null && parsed.ok ? parsed : refused(`the parameter ${name}: ${trouble}`);
  }
  const path: { readonly [key: string]: JsonValue }[] = [];
  let at: JsonValue | undefined = value ?? {};
  for (const [depth, key] of keys.entries()) {
    const place = name
      .split('.')
      .slice(0, depth + 1)
      .join('.');
    if (!isMap(at)) return refused(`the parameter ${place} is no map: it has no ${key}`, null, true);
    const isNew: boolean = !Object.hasOwn(at, key);
    if (['__proto__', 'constructor', 'prototype', ''].includes(key) || (isNew && !declared.open)) {
      const close = nearest(key, Object.keys(at));
      const known = Object.keys(at).join(', ');
      return refused(
        `the parameter ${place} has no ${JSON.stringify(key)}`,
        close === null ? `it has ${known}` : `did you mean ${place}.${close}?`,
        true,
      );
    }
    path.push(at);
    at = isNew ? (depth === keys.length - 1 ? undefined : {}) : at[key];
  }
  const parsed = nestedValue(at, text, readLoose);
  if (!parsed.ok) return refused(`the parameter ${name}: ${parsed.error}`);
  let rebuilt: JsonValue = parsed.value;
  for (let depth = path.length - 1; depth >= 0; depth--)
    rebuilt = Object.assign(Object.create(null), path[depth], { [keys[depth]!]: rebuilt });
  return { ok: true, value: rebuilt };
}

/** Inside a map a value keeps the kind that it has there; a number may gain a fraction. */
function nestedValue(
  before: JsonValue | undefined,
  text: string,
  readLoose: ReadLoose,
): Outcome<JsonValue, string> {
  if (before === undefined || before === null)
    return /^\s*[[{]/.test(text) ? readLoose(text) : { ok: true, value: looseScalar(text, readLoose) };
  const type = typeOfValue(before);
  return parseByType(text, { type: type === 'integer' ? 'number' : type, values: null }, readLoose);
}
