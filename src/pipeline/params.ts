/**
 * Parameters of one pipeline: declarations from the file, values from the defaults, the environment and the
 * command line, in that order. It doesn't know which task uses them.
 */

import { nearest } from '../base/nearest.ts';
import type { Outcome } from '../base/outcome.ts';
import type { JsonValue } from '../model/ids.ts';
import type { ParamDeclaration, ParamSetting } from '../model/task.ts';
import { type Declared, declarationsOf } from './param-declarations.ts';
import {
  looseScalar,
  parseByType,
  type ReadLoose,
  TYPE_WORDS,
  troubleWith,
  typeOfValue,
} from './param-types.ts';
import { paramVariable } from './param-variable.ts';
import { NO_PLACE, type Problems } from './problems.ts';
import type { SourceFile } from './source-file.ts';
import { entriesOf, type YamlNode } from './yaml-node.ts';

/** A value from the command line. */
export interface GivenParam {
  /** null: for every pipeline that declares it. */
  readonly pipeline: string | null;
  /** Dotted: `model.max_depth`. */
  readonly name: string;
  readonly value: string;
  /** What the user typed, for messages: `--month 2`, `--param month=2`. */
  readonly from: string;
  /** A flag without a value: true of a boolean, else its value was forgotten. */
  readonly isBare?: boolean;
  /** A flag whose value was the next word, which may have been meant as a target. */
  readonly hasNextWord?: boolean;
  /** Written as a flag of its own, `--month`. */
  readonly isFlag?: boolean;
  /** A hint for where there is no such parameter. */
  readonly instead?: string;
}

export interface ParamsRequest {
  readonly pipeline: string;
  readonly node: YamlNode | null;
  /** Names of the pipeline's tasks. */
  readonly tasks: ReadonlySet<string>;
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
  const inForce = declared.flatMap((declaration) => valueInForce(declaration, request) ?? []);
  // What is wrong with the others has been said: that they have no value follows.
  const usable = new Set(inForce.map(({ name }) => name));
  for (const { key } of entriesOf(node)) if (!usable.has(key)) problems.doubt(source.path, `params.${key}`);
  return inForce;
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
  const declaration = { ...declared.position, message: `${declared.name} is declared here` };
  const set = (
    name: string,
    text: string,
    from: string,
    as: ParamDeclaration['origin'],
    targetHint: string | null = null,
  ): void => {
    const changed = withValue(declared, value, name, text, request.readLoose);
    if (changed.ok) {
      value = changed.value;
      origin = as;
      // Without the value, which stands beside it.
      setBy.push({ name, by: /^[^=\s]+/.exec(from)?.[0] ?? from });
      return;
    }
    isRefused = true;
    const { message, unknown, hint } = changed.error;
    problems.error(unknown ? 'unknown-parameter' : 'wrong-parameter', NO_PLACE, `${from}: ${message}`, {
      hint: targetHint ?? hint,
      related: [declaration],
    });
  };
  for (const name of [declared.name, ...namesBelow(declared.name, declared.initial)]) {
    const variable = paramVariable(name);
    environmentUsed.add(variable);
    const text = environment[variable];
    if (text !== undefined) set(name, text, `${variable}=${shortened(text)}`, 'environment');
  }
  for (const each of given)
    if ((each.pipeline ?? pipeline) === pipeline && topName(each.name) === declared.name) {
      const isForgotten = each.isBare === true && declared.type !== 'boolean' && each.name === declared.name;
      if (!isForgotten)
        set(each.name, each.value, each.from, 'command-line', targetHint(each, declared, request));
      else {
        isRefused = true;
        problems.error('wrong-parameter', NO_PLACE, `${each.from} needs a value: ${kindOf(declared)}`, {
          hint: `write ${each.from} VALUE`,
          related: [declaration],
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

/** `orch run --fast deploy`: the target was taken for the flag's value. */
function targetHint(
  { from, value, hasNextWord }: GivenParam,
  { type }: Declared,
  { tasks }: ParamsRequest,
): string | null {
  if (hasNextWord !== true || !tasks.has(value)) return null;
  const flag = from.slice(0, from.indexOf(' '));
  return `${value} was taken for the value of ${flag}: write ${flag}=${type === 'boolean' ? 'true' : 'VALUE'} ${value}`;
}

/** What a parameter takes, in words: `a whole number from 1 to 12`. */
function kindOf({ type, min, max, values }: Declared): string {
  if (type === 'enum' && values !== null) return `one of ${values.join(', ')}`;
  const range =
    min !== null && max !== null
      ? ` from ${min} to ${max}`
      : min !== null
        ? `, ${min} or more`
        : max !== null
          ? `, ${max} or less`
          : '';
  return `${TYPE_WORDS[type]}${range}`;
}

function hintFor(text: string, { type, values }: Declared): string | null {
  if (type === 'boolean' && /^(y|yes|on|1)$/i.test(text)) return 'write true';
  if (type === 'boolean' && /^(n|no|off|0)$/i.test(text)) return 'write false';
  if (type === 'map') return 'one of its values is set by its path, as in --param model.depth=8';
  const close = type === 'enum' ? nearest(text, (values ?? []).map(String)) : null;
  return close === null ? null : `did you mean ${close}?`;
}

/** What is wrong with a value besides its type, which is said anyway. */
function reasonOf(error: string): string | null {
  return error.startsWith('expected ') ? null : error;
}

/** A value may be a whole document. */
function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
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
    if (parsed.ok && troubleWith(parsed.value, declared) === null) return parsed;
    const message = `the parameter ${name} takes ${kindOf(declared)}`;
    return refused(
      message,
      parsed.ok ? hintFor(text, declared) : (hintFor(text, declared) ?? reasonOf(parsed.error)),
    );
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
  if (!parsed.ok) return refused(`the parameter ${name} ${parsed.error.replace(/^expected /, 'takes ')}`);
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
