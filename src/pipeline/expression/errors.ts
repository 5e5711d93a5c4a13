/** What can be wrong with an expression: while it is read, and while it is evaluated. */
import type { SourcePosition } from '../../model/ids.ts';

/** What kind of mistake it is; absent: wrong syntax. */
export type TemplateErrorKind = 'unknown-name' | 'unknown-function' | 'unquotable';

/** Found while reading a text: wrong syntax, an unknown name, a place where no value can stand safely. */
export interface TemplateError {
  readonly kind?: TemplateErrorKind;
  readonly message: string;
  readonly position: SourcePosition;
  readonly hint?: string;
}

/** Found while evaluating; the position is that of the placeholder, null where only an expression was given. */
export interface EvaluateError {
  readonly message: string;
  readonly position: SourcePosition | null;
  readonly hint?: string;
  /** Something isn't there (a variable, a metric that wasn't written…): what `default()` forgives. */
  readonly missing?: true;
}

/** Trouble at an offset of the text being read; becomes a TemplateError where the text's place is known. */
export interface SyntaxTrouble {
  readonly kind?: TemplateErrorKind;
  readonly message: string;
  readonly at: number;
  /** Where it ends; absent: one character. */
  readonly end?: number;
  readonly hint?: string;
}

export function trouble(message: string, hint?: string): EvaluateError {
  return hint === undefined ? { message, position: null } : { message, position: null, hint };
}
