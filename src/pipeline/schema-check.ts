/**
 * Checks YAML nodes against a schema and says, at the place of the trouble, what was expected. It only checks:
 * values are read by the parts that know their meaning. What is wrong casts doubt on the values that it was meant
 * to give (`Problems.doubt`), so that nobody complains about their absence.
 */
import { nearest } from '../base/nearest.ts';
import type { JsonValue, SourcePosition } from '../model/ids.ts';
import type { Problems } from './problems.ts';
import { EXPRESSION, hasExpression, type Schema, type SchemaType } from './schema.ts';
import { suggestKey } from './schema-words.ts';
import type { SourceFile } from './source-file.ts';
import { describeNode, type MapNode, type ScalarNode, toJson, type YamlNode } from './yaml-node.ts';

export interface SchemaCheck {
  readonly source: SourceFile;
  readonly problems: Problems;
}

/** Why a value isn't what was expected. */
interface Trouble {
  readonly code: 'wrong-type' | 'bad-value';
  readonly hint: string | null;
}

/** `subject` names the node in messages, e.g. `tasks.train.retries`; '' is the whole file. Never throws. */
export function checkSchema(node: YamlNode, schema: Schema, subject: string, check: SchemaCheck): void {
  // A value that is misspelled isn't one that comes later.
  if (isLater(node, schema) && (schema.enum === undefined || scalarTrouble(node, schema) === null)) {
    reportLater(check.source.position(node.span), subject, check);
    return;
  }
  const shapeHint = schema.shapeHint?.(node, subject.slice(subject.lastIndexOf('.') + 1)) ?? null;
  if (shapeHint !== null) {
    const hasKind = typesOf(schema).some((type) => hasType(node, type, schema));
    report(node, schema, subject, { code: hasKind ? 'bad-value' : 'wrong-type', hint: shapeHint }, check);
    return;
  }
  const alternatives = schema.anyOf;
  if (alternatives !== undefined) {
    // Alternatives differ by kind, or are forms of one text; a text that is an expression is checked when its value is known.
    const sameKind = alternatives.filter((each) => typesOf(each).some((type) => hasType(node, type, each)));
    const fitting = sameKind.find((each) => each.anyOf !== undefined || scalarTrouble(node, each) === null);
    const meant = sameKind.find((each) => each !== EXPRESSION);
    if (fitting !== undefined) checkSchema(node, fitting, subject, check);
    else report(node, schema, subject, meant === undefined ? null : scalarTrouble(node, meant), check);
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
  if (items.length < (schema.minItems ?? 0))
    report(node, schema, subject, { code: 'bad-value', hint: 'it is empty' }, check);
  if (schema.items === undefined) return;
  for (const [index, item] of items.entries()) checkSchema(item, schema.items, `${subject}[${index}]`, check);
}

function checkMap(node: MapNode, schema: Schema, subject: string, check: SchemaCheck): void {
  const { source, problems } = check;
  const within = (key: string) => (subject === '' ? key : `${subject}.${key}`);
  const properties = schema.properties ?? {};
  const isClosed = schema.additionalProperties === false;
  const names = schema.propertyNames === undefined ? null : new RegExp(schema.propertyNames.pattern, 'u');
  /** What unknown keys were meant for: it isn't missing besides. */
  const meant = new Set<string>();
  const unknown = (key: string, keySpan: MapNode['span'], value: YamlNode) => {
    const { hint, means } = suggestKey(key, value, schema, subject);
    const where = subject === '' ? 'a pipeline' : subject;
    problems.error(
      'unknown-key',
      source.position(keySpan),
      `unknown key ${JSON.stringify(key)} in ${where}`,
      {
        hint,
      },
    );
    if (means === null) return;
    meant.add(means);
    problems.doubt(source.path, within(means));
  };
  for (const { key, keySpan, value } of node.entries.values()) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property !== undefined) {
      // A key that isn't supported is pointed at itself: its value is of no interest.
      if (property.later !== undefined && property.later.except === undefined)
        reportLater(source.position(keySpan), within(key), check);
      else checkSchema(value, property, within(key), check);
      continue;
    }
    if (isClosed && key.startsWith('x-')) continue;
    if (isClosed || Object.hasOwn(schema.otherWords ?? {}, key)) {
      unknown(key, keySpan, value);
      continue;
    }
    if (names !== null && !names.test(key)) {
      const what = schema.names ?? 'a name';
      problems.error('bad-name', source.position(keySpan), `${JSON.stringify(key)} can't be ${what}`, {
        hint: nameHint(key, names),
      });
    }
    if (typeof schema.additionalProperties === 'object')
      checkSchema(value, schema.additionalProperties, within(key), check);
  }
  for (const key of schema.required ?? []) {
    if (node.entries.has(key) || meant.has(key)) continue;
    const what = properties[key];
    const place = source.position({ start: node.span.start, end: node.span.start });
    problems.error(
      'missing-key',
      place,
      subject === '' ? `${key} is missing` : `${subject}: ${key} is missing`,
      {
        hint: what === undefined ? null : `${key} is ${expectation(what)}`,
      },
    );
    problems.doubt(source.path, within(key));
  }
}

/** What names are made of, and the nearest one that would do. */
function nameHint(key: string, names: RegExp): string {
  const isEnv = !names.test('a-b');
  const mended = key
    .trim()
    .replace(isEnv ? /[^A-Za-z0-9_]+/g : /[^\p{L}\p{N}_.-]+/gu, '_')
    .replace(/^[^\p{L}\p{N}_]+/u, '');
  const rule = `names have letters, digits and ${isEnv ? '"_", and don\'t start with a digit' : names.test('a.b') ? '".", "_", "-"' : '"_", "-", and start with a letter'}`;
  return mended !== '' && mended !== '_' && names.test(mended) ? `${rule}: ${mended}` : rule;
}

function isLater(node: YamlNode, { later }: Schema): boolean {
  return later !== undefined && !(later.except ?? []).some((value) => isSame(value, node));
}

function reportLater(place: SourcePosition, subject: string, { source, problems }: SchemaCheck): void {
  problems.error('not-supported-yet', place, `${subject} isn't supported by this version of orch yet`);
  problems.doubt(source.path, subject);
}

function report(
  node: YamlNode,
  schema: Schema,
  subject: string,
  trouble: Trouble | null,
  { source, problems }: SchemaCheck,
): void {
  const { code, hint } = trouble ?? { code: 'wrong-type', hint: typeHint(node, schema) };
  const subjectText = subject === '' ? 'the file' : subject;
  problems.error(
    code,
    source.position(firstLine(node)),
    `${subjectText}: expected ${expectation(schema)}, found ${describeNode(node)}`,
    { hint },
  );
  problems.doubt(source.path, subject);
}

/** A list or map is pointed at by its first character. */
function firstLine(node: YamlNode): YamlNode['span'] {
  return node.kind === 'scalar' ? node.span : { start: node.span.start, end: node.span.start };
}

/** What to write for a value of the wrong kind. */
function typeHint(node: YamlNode, schema: Schema): string | null {
  const types = typesOf(schema);
  if (node.kind === 'map' && types.includes('string') && /^[^:]*[;&|$]/.test([...node.entries.keys()].join()))
    return 'a text that starts with "{" needs quotes';
  if (node.kind !== 'scalar') return null;
  if (node.value === null) return allowsEmpty(schema) ? 'write "" for an empty text' : null;
  if (typeof node.value === 'string' && types.includes('boolean')) {
    if (/^(true|false)$/.test(node.value)) return `without quotes: ${node.value}`;
    if (/^(yes|on|y|1)$/i.test(node.value)) return 'write true: YAML 1.2 has only true and false';
    if (/^(no|off|n|0)$/i.test(node.value)) return 'write false: YAML 1.2 has only true and false';
  }
  if (typeof node.value !== 'string')
    return types.includes('string') && !types.includes('array') ? `put it in quotes: "${node.source}"` : null;
  if (types.includes('array')) {
    if (/^-\S/.test(node.value)) return 'an item of a list is written "- item", with a space behind the dash';
    const items = node.value.includes(',') ? node.value.split(/\s*,\s*/) : [node.value.slice(0, 60)];
    return `write it as a list: [${items.map(inFlow).join(', ')}]`;
  }
  if ((types.includes('number') || types.includes('integer')) && /^-?\d+(\.\d+)?$/.test(node.value))
    return `without quotes it is a number: ${node.value}`;
  return null;
}

function allowsEmpty(schema: Schema): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some(allowsEmpty);
  return schema.type === 'string' && (schema.minLength ?? 0) === 0 && schema.refine === undefined;
}

/** A text as an item of a list in brackets. */
function inFlow(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}

/** In words: what the schema lets through. */
export function expectation(schema: Schema): string {
  if (schema.expected !== undefined) return schema.expected;
  if (schema.anyOf !== undefined)
    return orList([...new Set(schema.anyOf.map(expectation))].filter((text) => text !== ''));
  if (schema.enum !== undefined) return orList(schema.enum.map(String));
  if (schema.type === 'array')
    return schema.items === undefined ? 'a list' : `a list (each: ${expectation(schema.items)})`;
  return schema.type === undefined ? 'a value' : TYPE_WORDS[schema.type];
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
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
function scalarTrouble(node: YamlNode, schema: Schema): Trouble | null {
  if (node.kind !== 'scalar') return null;
  const hint =
    typeof node.value === 'number' && schema.type !== 'string'
      ? numberTrouble(node.value, schema)
      : textTrouble(node, schema);
  return hint === null ? null : { code: 'bad-value', hint: hint === '' ? null : hint };
}

/** What to do about it, '' where what was expected says it all; null: it is fine. */
function numberTrouble(value: number, { minimum, exclusiveMinimum, enum: allowed }: Schema): string | null {
  if (minimum !== undefined && value < minimum) return '';
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return '';
  return allowed !== undefined && !allowed.includes(value) ? '' : null;
}

function textTrouble(
  node: ScalarNode,
  { minLength = 0, pattern, enum: allowed, refine }: Schema,
): string | null {
  const text = node.source;
  if (text.length < minLength) return 'it is empty';
  if (allowed !== undefined && !allowed.includes(node.value)) {
    const close = nearest(text, allowed.map(String));
    return close === null ? '' : `did you mean ${close}?`;
  }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) {
    const mended = text.trim().replace(/[^\p{L}\p{N}_.-]+/gu, '-');
    return new RegExp(pattern, 'u').test(mended) ? `write ${mended}` : '';
  }
  return refine === undefined || hasExpression(text) ? null : refine(text);
}

function isSame(value: JsonValue, node: YamlNode): boolean {
  return JSON.stringify(value) === JSON.stringify(toJson(node));
}
