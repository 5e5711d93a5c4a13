/** What the `params` of a file declare: types, limits and defaults, checked against each other. */
import { nearest } from '../base/nearest.ts';
import type { JsonValue, SourcePosition } from '../model/ids.ts';
import type { ParamType } from '../model/task.ts';
import {
  isOfType,
  PARAM_TYPES,
  type ParamLimits,
  TYPE_WORDS,
  troubleWith,
  typeOfValue,
} from './param-types.ts';
import type { Problems } from './problems.ts';
import type { SourceFile } from './source-file.ts';
import {
  child,
  describeNode,
  entriesOf,
  itemsOf,
  type MapEntry,
  type MapNode,
  textOf,
  toJson,
  type YamlNode,
} from './yaml-node.ts';

export interface Declared extends ParamLimits {
  readonly name: string;
  readonly description: string | null;
  /** undefined: a value must be given. */
  readonly initial: JsonValue | undefined;
  /** A map that may get keys besides those of its default. */
  readonly open: boolean;
  readonly position: SourcePosition;
}

const WORDS = ['type', 'default', 'min', 'max', 'values', 'description'];
const OTHER_WORDS: Readonly<Record<string, string>> = {
  choices: 'values',
  options: 'values',
  enum: 'values',
  value: 'default',
  help: 'description',
  desc: 'description',
  minimum: 'min',
  maximum: 'max',
  required: 'leave out `default`, and a value must be given',
  kind: 'type',
  format: 'type',
};

/** What other tools call the types. */
const OTHER_TYPES: Readonly<Record<string, ParamType>> = {
  int: 'integer',
  long: 'integer',
  bool: 'boolean',
  flag: 'boolean',
  str: 'string',
  text: 'string',
  path: 'string',
  file: 'string',
  float: 'number',
  double: 'number',
  decimal: 'number',
  real: 'number',
  array: 'list',
  choice: 'enum',
  choices: 'enum',
  select: 'enum',
  object: 'map',
  dict: 'map',
  datetime: 'date',
  timestamp: 'date',
};

export function declarationsOf(
  node: YamlNode | null,
  source: SourceFile,
  problems: Problems,
): readonly Declared[] {
  return entriesOf(node).flatMap((entry) => declaration(entry, source, problems) ?? []);
}

function declaration(entry: MapEntry, source: SourceFile, problems: Problems): Declared | null {
  const { key: name, keySpan, value: node } = entry;
  const position = source.position(keySpan);
  const plain = { name, description: null, min: null, max: null, values: null, position };
  if (node.kind === 'map' && isDeclaration(node))
    return readDeclaration(name, node, position, source, problems);
  if (node.kind === 'scalar' && node.value === null) return null; // The schema has refused it.
  const initial = toJson(node);
  warnOfLeadingZero(name, node, source, problems);
  return { ...plain, type: typeOfValue(initial), initial, open: false };
}

/**
 * A map is a declaration if it says so by `type` or `default` and otherwise has only a declaration's words, or
 * names a type that exists; `{type: linear, depth: 3}` is a value.
 */
function isDeclaration(node: MapNode): boolean {
  const keys = [...node.entries.keys()];
  if (!keys.includes('type') && !keys.includes('default')) return false;
  return (
    keys.every((key) => WORDS.includes(key)) ||
    (PARAM_TYPES as readonly string[]).includes(textOf(child(node, 'type')) ?? '')
  );
}

function readDeclaration(
  name: string,
  node: MapNode,
  position: SourcePosition,
  source: SourceFile,
  problems: Problems,
): Declared | null {
  for (const { key, keySpan } of node.entries.values())
    if (!WORDS.includes(key)) {
      const other = Object.hasOwn(OTHER_WORDS, key) ? OTHER_WORDS[key]! : null;
      const close = other ?? nearest(key, WORDS);
      problems.error(
        'unknown-key',
        source.position(keySpan),
        `unknown key ${JSON.stringify(key)} in the declaration of ${name}`,
        {
          hint:
            close === null
              ? `a declaration has ${WORDS.join(', ')}`
              : close.includes(' ')
                ? close
                : other === null
                  ? `did you mean \`${close}\`?`
                  : `here it is called \`${close}\``,
        },
      );
    }
  const type = typeIn(name, node, source, problems);
  if (type === null) return null;
  const limitAt = (word: string): number | string | null => {
    const limit = child(node, word);
    if (limit === null) return null;
    const value = toJson(limit);
    const limited = ['integer', 'number', 'date', 'month'].includes(type);
    if (limited && isOfType(value, type === 'integer' ? 'number' : type)) return value as number | string;
    problems.error(
      'bad-parameter',
      source.position(limit.span),
      `params.${name}.${word}: ${limited ? `expected ${TYPE_WORDS[type]}, found ${describeNode(limit)}` : `a ${type} has no ${word}`}`,
    );
    return null;
  };
  const limits = {
    type,
    min: limitAt('min'),
    max: limitAt('max'),
    values: valuesIn(name, node, type, source, problems),
  };
  const given = child(node, 'default');
  const initial = given === null ? undefined : toJson(given);
  if (given !== null && initial !== undefined) {
    const trouble = troubleWith(initial, limits);
    if (trouble === null) warnOfLeadingZero(name, given, source, problems);
    else {
      const found = isOfType(initial, type) ? trouble : `${trouble}, found ${describeNode(given)}`;
      problems.error('wrong-parameter', source.position(given.span), `the default of ${name}: ${found}`, {
        hint: hintFor(given, type),
      });
    }
  }
  return {
    name,
    ...limits,
    initial,
    description: textOf(child(node, 'description')),
    open: type === 'map',
    position,
  };
}

function typeIn(name: string, node: MapNode, source: SourceFile, problems: Problems): ParamType | null {
  const typeNode = child(node, 'type');
  if (typeNode === null) {
    const value = child(node, 'default');
    if (value === null || (value.kind === 'scalar' && value.value === null)) {
      problems.error(
        'bad-parameter',
        source.position(node.span),
        `params.${name}: a declaration needs a type or a default`,
      );
      return null;
    }
    return child(node, 'values') === null ? typeOfValue(toJson(value)) : 'enum';
  }
  const type = textOf(typeNode);
  const known = PARAM_TYPES.find((each) => each === type);
  if (known !== undefined) return known;
  const other = type !== null && Object.hasOwn(OTHER_TYPES, type) ? OTHER_TYPES[type]! : null;
  const close = other ?? (type === null ? null : nearest(type, PARAM_TYPES));
  problems.error(
    'bad-parameter',
    source.position(typeNode.span),
    `params.${name}.type: expected one of ${PARAM_TYPES.join(', ')}, found ${describeNode(typeNode)}`,
    {
      hint:
        close === null
          ? `a map of values with a key \`type\` is written {type: map, default: {type: …}}`
          : other === null
            ? `did you mean \`${close}\`?`
            : `here it is called \`${close}\``,
    },
  );
  return null;
}

function valuesIn(
  name: string,
  node: MapNode,
  type: ParamType,
  source: SourceFile,
  problems: Problems,
): readonly JsonValue[] | null {
  const list = child(node, 'values');
  if (type !== 'enum') {
    if (list !== null)
      problems.error(
        'bad-parameter',
        source.position(list.span),
        `params.${name}.values: only an enum has values`,
      );
    return null;
  }
  const values = itemsOf(list).map(toJson);
  if (list?.kind === 'list' && values.length > 0 && values.every((value) => typeof value !== 'object'))
    return values;
  const place = source.position((list ?? node).span);
  problems.error('bad-parameter', place, `params.${name}: an enum needs values, a list of texts or numbers`, {
    hint: 'for example {type: enum, values: [a, b], default: a}',
  });
  return null;
}

/** `zip: 01234`: what looks like a text of digits is a number, and its zero is gone. */
function warnOfLeadingZero(name: string, node: YamlNode, source: SourceFile, problems: Problems): void {
  if (node.kind !== 'scalar' || typeof node.value !== 'number' || !/^[-+]?0\d/.test(node.source)) return;
  problems.warning(
    'leading-zero',
    source.position(node.span),
    `${name}: YAML reads ${node.source} as the number ${node.value}`,
    { hint: `put it in quotes to keep it as it is: "${node.source}"` },
  );
}

/** YAML 1.2 reads some texts as numbers; that is the usual reason for a wrong type. */
function hintFor(node: YamlNode, type: ParamType): string | null {
  if (node.kind !== 'scalar') return null;
  if (['string', 'date', 'month'].includes(type) && typeof node.value === 'number')
    return `put it in quotes: "${node.source}"`;
  if (type === 'string' && typeof node.value === 'boolean') return `put it in quotes: "${node.source}"`;
  if (typeof node.value === 'number' && String(node.value) !== node.source)
    return `YAML reads ${node.source} as ${node.value}`;
  if (type === 'boolean') return /^(y|yes|on|1)$/i.test(node.source) ? 'write true' : 'write true or false';
  return null;
}
