/**
 * The language of schemas: a part of JSON Schema draft-07 plus a few words of the loader's own. One definition
 * serves both the check of a file (`schema-check.ts`) and the published schema (`publishSchema`).
 */
import type { JsonValue } from '../model/ids.ts';
import type { YamlNode } from './yaml-node.ts';

export type OtherWord = string | ((value: YamlNode) => string);

export type SchemaType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null';

export interface Schema {
  readonly description?: string;
  readonly type?: SchemaType;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly JsonValue[];
  readonly default?: JsonValue;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: { readonly pattern: string };
  /** What other keys hold; absent: anything; false: there are none (keys that start with `x-` are always left alone). */
  readonly additionalProperties?: Schema | false;

  // The loader's own words; not published.
  /** What is expected, in words, for error messages. */
  readonly expected?: string;
  /** Part of the language, not carried out yet: an error. `except` lists values that ask for nothing. */
  readonly later?: { readonly except?: readonly JsonValue[] };
  /** What other tools call the properties: the word here, or a sentence that says what to do. */
  readonly otherWords?: Readonly<Record<string, OtherWord>>;
  /** What its keys name, in words: `a task`. */
  readonly names?: string;
  /** What to write instead of a value of a shape that people bring from elsewhere; null: nothing is known. */
  readonly shapeHint?: (node: YamlNode, key: string) => string | null;
  /** Refines a text: null where it is fine, else what is wrong with it. */
  readonly refine?: (text: string) => string | null;
  /** Numbers and booleans count as the text that was written. */
  readonly lenient?: true;
}

/** A text with an expression in it, where another kind of value is meant: checked once its value is known. */
export const EXPRESSION: Schema = { type: 'string', pattern: '\\$\\{\\{', expected: '' };

export function orExpression(schema: Schema): Schema {
  const { description, ...rest } = schema;
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [...(rest.anyOf ?? [rest]), EXPRESSION],
  };
}

export function hasExpression(text: string): boolean {
  return text.includes('${{');
}

const OWN_WORDS = new Set(['expected', 'later', 'otherWords', 'names', 'shapeHint', 'refine', 'lenient']);

/** The schema in the form in which editors read it. */
export function publishSchema(schema: Schema): Record<string, unknown> {
  const published: Record<string, unknown> = {};
  for (const [word, value] of Object.entries(schema)) {
    if (OWN_WORDS.has(word)) continue;
    if (word === 'properties')
      published[word] = Object.fromEntries(
        Object.entries(value as Record<string, Schema>).map(([name, property]) => [
          name,
          publishSchema(property),
        ]),
      );
    else if (word === 'anyOf') published[word] = (value as readonly Schema[]).map(publishSchema);
    else if (word === 'items') published[word] = publishSchema(value as Schema);
    else if (word === 'additionalProperties')
      published[word] = value === false ? false : publishSchema(value as Schema);
    else if (word === 'type' && schema.lenient === true) published[word] = ['string', 'number', 'boolean'];
    else published[word] = value;
  }
  if (schema.additionalProperties === false) published['patternProperties'] = { '^x-': {} };
  if (schema.later !== undefined)
    published['description'] =
      `${schema.description ?? ''} (Not carried out by this version of orch yet.)`.trim();
  return published;
}
