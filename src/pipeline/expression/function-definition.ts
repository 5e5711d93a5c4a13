/** What a function of expressions is: its documentation, and how it is applied. */
import type { Outcome } from '../../base/outcome.ts';
import type { JsonValue } from '../../model/ids.ts';

/** `text` takes strings, numbers and booleans; `date` a string such as 2023-01-31 or 2023-01. */
export type ParameterKind = 'any' | 'string' | 'text' | 'number' | 'integer' | 'list' | 'date';

export interface FunctionParameter {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly optional?: true;
}

export interface FunctionEntry {
  readonly name: string;
  readonly parameters: readonly FunctionParameter[];
  readonly description: string;
  readonly examples: readonly { readonly expression: string; readonly value: JsonValue }[];
}

/** How a function reaches a file; the caller decides which paths are allowed. The error is a whole sentence. */
export type ReadJson = (path: string) => Outcome<JsonValue, string>;

export interface FunctionDefinition extends FunctionEntry {
  /** Gets as many arguments as were written, each of its parameter's kind. The error is a message. */
  readonly apply: (args: readonly JsonValue[], readJson: ReadJson | undefined) => Outcome<JsonValue, string>;
}
