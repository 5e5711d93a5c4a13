/**
 * Checks YAML nodes against a schema and says, at the place of the trouble, what was expected. It only checks:
 * values are read by the parts that know their meaning.
 */
import { nearest } from '../base/nearest.ts';
import type { JsonValue } from '../model/ids.ts';
import type { Problems } from './problems.ts';
import { EXPRESSION, hasExpression, type Schema, type SchemaType } from './schema.ts';
import type { SourceFile } from './source-file.ts';
import { describeNode, type MapNode, type ScalarNode, toJson, type YamlNode } from './yaml-node.ts';

export interface SchemaCheck {
  readonly source: SourceFile;
  readonly problems: Problems;
}

/** `subject` names the node in messages, e.g. `tasks.train.retries`; '' is the whole file. Never throws. */
export function checkSchema(node: YamlNode, schema: Schema, subject: string, check: SchemaCheck): void {
  const { source, problems } = check;
  if (schema.later !== undefined && !(schema.later.except ?? []).some((value) => isSame(value, node))) {
    problems.error(
      'not-supported-yet',
      source.position(node.span),
      `${subject} isn't supported by this version of orch yet`,
    );
    return;
  }
  const alternatives = schema.anyOf;
  if (alternatives !== undefined) {
    // Alternatives differ by kind, or are forms of one text; a text that is an expression is checked when its value is known.
    const sameKind = alternatives.filter((each) => typesOf(each).some((type) => hasType(node, type, each)));
    const fitting = sameKind.find((each) => each.anyOf !== undefined || scalarTrouble(node, each) === null);
    if (fitting !== undefined) checkSchema(node, fitting, subject, check);
    else {
      const meant = sameKind.find((each) => each !== EXPRESSION);
      report(node, schema, subject, meant === undefined ? null : scalarTrouble(node, meant), check);
    }
    return;
  }
  if (schema.type !== undefined && !hasType(node, schema.type, schema)) {
    report(node, schema, subject, null, check);
    return;
  }
  const trouble = scalarTrouble(node, schema);
  if (trouble !== null) report(node, schema, subject, trouble, check);
  if (node.kind === 'list') checkList(node.items, node, schema, subject, check);
  if (node.kind === 'map') checkMap(node, schema, subject, check);
}

function checkList(
  items: readonly YamlNode[],
  node: YamlNode,
  schema: Schema,
  subject: string,
  check: SchemaCheck,
): void {
  if (items.length < (schema.minItems ?? 0)) report(node, schema, subject, 'it is empty', check);
  if (schema.items === undefined) return;
  for (const [index, item] of items.entries()) checkSchema(item, schema.items, `${subject}[${index}]`, check);
}

function checkMap(node: MapNode, schema: Schema, subject: string, check: SchemaCheck): void {
  const { source, problems } = check;
  const within = (key: string) => (subject === '' ? key : `${subject}.${key}`);
  const properties = schema.properties ?? {};
  const known = schema.additionalProperties === false;
  const names = schema.propertyNames === undefined ? null : new RegExp(schema.propertyNames.pattern, 'u');
  for (const { key, keySpan, value } of node.entries.values()) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property !== undefined) {
      // A key that isn't supported is pointed at itself: its value is of no interest.
      if (property.later !== undefined && property.later.except === undefined)
        problems.error(
          'not-supported-yet',
          source.position(keySpan),
          `${within(key)} isn't supported by this version of orch yet`,
        );
      else checkSchema(value, property, within(key), check);
      continue;
    }
    if (known && key.startsWith('x-')) continue;
    if (known) {
      const where = subject === '' ? 'a pipeline' : subject;
      const hint = suggestion(key, Object.keys(properties), schema.otherWords);
      problems.error(
        'unknown-key',
        source.position(keySpan),
        `unknown key ${JSON.stringify(key)} in ${where}`,
        { hint },
      );
      continue;
    }
    if (names !== null && !names.test(key)) {
      const expected = schema.expected === undefined ? '' : `: expected ${schema.expected}`;
      problems.error(
        'bad-name',
        source.position(keySpan),
        `${JSON.stringify(key)} can't be a name in ${subject}${expected}`,
      );
    }
    if (typeof schema.additionalProperties === 'object')
      checkSchema(value, schema.additionalProperties, within(key), check);
  }
  for (const key of schema.required ?? [])
    if (!node.entries.has(key)) {
      const what = properties[key]?.expected;
      const place = source.position({ start: node.span.start, end: node.span.start });
      const message = subject === '' ? `${key} is missing` : `${subject}: ${key} is missing`;
      problems.error('missing-key', place, message, {
        hint: what === undefined ? null : `${key} is ${what}`,
      });
    }
}

function suggestion(key: string, names: readonly string[], otherWords: Schema['otherWords'] = {}): string {
  const here = Object.hasOwn(otherWords, key) ? otherWords[key] : undefined;
  if (here !== undefined) return `here it is called \`${here}\``;
  const close = nearest(key, names);
  return close === null ? `expected one of ${names.join(', ')}` : `did you mean \`${close}\`?`;
}

function report(
  node: YamlNode,
  schema: Schema,
  subject: string,
  trouble: string | null,
  { source, problems }: SchemaCheck,
): void {
  const expected = expectation(schema);
  const place = source.position(firstLine(node));
  const subjectText = subject === '' ? 'the file' : subject;
  if (trouble !== null)
    problems.error('bad-value', place, `${subjectText}: ${trouble}`, {
      hint: trouble.includes('expected ') ? null : `expected ${expected}`,
    });
  else
    problems.error('wrong-type', place, `${subjectText}: expected ${expected}, found ${describeNode(node)}`, {
      hint: hintFor(node, schema),
    });
}

/** A list or map is pointed at by its first character. */
function firstLine(node: YamlNode): YamlNode['span'] {
  return node.kind === 'scalar' ? node.span : { start: node.span.start, end: node.span.start };
}

function hintFor(node: YamlNode, schema: Schema): string | null {
  if (node.kind !== 'scalar') return null;
  const types = typesOf(schema);
  if (typeof node.value === 'number' && types.includes('string')) return `put it in quotes: "${node.source}"`;
  if (typeof node.value === 'boolean' && types.includes('string'))
    return `put it in quotes: "${node.source}"`;
  if (typeof node.value === 'string' && types.includes('array'))
    return `write it as a list: [${JSON.stringify(node.value.slice(0, 60))}]`;
  if (typeof node.value === 'string' && types.includes('boolean') && /^(yes|no|on|off)$/i.test(node.value))
    return 'YAML 1.2 has only true and false';
  return null;
}

/** In words: what the schema lets through. */
export function expectation(schema: Schema): string {
  if (schema.expected !== undefined) return schema.expected;
  if (schema.anyOf !== undefined)
    return [...new Set(schema.anyOf.map(expectation))].filter((text) => text !== '').join(' or ');
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ');
  if (schema.type === 'array')
    return schema.items === undefined ? 'a list' : `a list (each: ${expectation(schema.items)})`;
  return schema.type === undefined ? 'a value' : TYPE_WORDS[schema.type];
}

const TYPE_WORDS: Readonly<Record<SchemaType, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'nothing',
};

function typesOf(schema: Schema): readonly SchemaType[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(typesOf);
  return schema.type === undefined ? ['string', 'number', 'boolean', 'array', 'object'] : [schema.type];
}

function hasType(node: YamlNode, type: SchemaType, schema: Schema): boolean {
  if (node.kind === 'list') return type === 'array';
  if (node.kind === 'map') return type === 'object';
  if (node.value === null) return type === 'null';
  if (type === 'string') return typeof node.value === 'string' || schema.lenient === true;
  if (typeof node.value === 'number')
    return type === 'number' || (type === 'integer' && Number.isInteger(node.value));
  return typeof node.value === type;
}

/** What is wrong with a scalar of the right type, null for nothing. */
function scalarTrouble(node: YamlNode, schema: Schema): string | null {
  if (node.kind !== 'scalar') return null;
  return typeof node.value === 'number' && schema.type !== 'string'
    ? numberTrouble(node.value, schema)
    : textTrouble(node, schema);
}

function numberTrouble(value: number, { minimum, exclusiveMinimum, enum: allowed }: Schema): string | null {
  if (minimum !== undefined && value < minimum) return `${value} is less than ${minimum}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    return `${value} isn't more than ${exclusiveMinimum}`;
  return allowed !== undefined && !allowed.includes(value) ? `${value} isn't possible` : null;
}

function textTrouble(
  node: ScalarNode,
  { minLength = 0, pattern, enum: allowed, refine }: Schema,
): string | null {
  const text = node.source;
  if (text.length < minLength) return 'it is empty';
  if (allowed !== undefined && !allowed.includes(node.value)) {
    const close = nearest(text, allowed.map(String));
    return `${JSON.stringify(text)} isn't possible${close === null ? '' : `; did you mean ${close}?`}`;
  }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text))
    return `${JSON.stringify(text)} isn't possible`;
  return refine === undefined || hasExpression(text) ? null : refine(text);
}

function isSame(value: JsonValue, node: YamlNode): boolean {
  return JSON.stringify(value) === JSON.stringify(toJson(node));
}
