/**
 * Parsed `${{ }}` expressions and the texts around them, as plain data, so that a compiled pipeline can be
 * stored and rendered later without the parser.
 */
import type { JsonValue, SourcePosition } from './ids.ts';

export type Expr =
  | { readonly op: 'value'; readonly value: JsonValue }
  /** A root name: params, env, matrix, inputs, outputs, needs, task, pipeline, run, metrics, resources, secrets. */
  | { readonly op: 'name'; readonly name: string }
  | { readonly op: 'member'; readonly object: Expr; readonly key: Expr }
  | { readonly op: 'list'; readonly items: readonly Expr[] }
  | { readonly op: 'call'; readonly fn: string; readonly args: readonly Expr[] }
  | { readonly op: 'unary'; readonly operator: '!' | '-'; readonly operand: Expr }
  | { readonly op: 'binary'; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr }
  | { readonly op: 'conditional'; readonly test: Expr; readonly then: Expr; readonly else: Expr };

export type BinaryOperator =
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

/**
 * Where in a shell text a placeholder stands; it decides how its value is quoted so that the shell sees
 * exactly one word (a bare list: one word an element). `raw` is for texts that no shell reads.
 */
export type Quoting = 'raw' | 'bare' | 'double' | 'single';

export interface Placeholder {
  readonly expr: Expr;
  readonly quoting: Quoting;
  readonly position: SourcePosition;
  /** The placeholder as written, for error messages. */
  readonly source: string;
}

/** A text with placeholders in it. A plain string is a template without any: nothing is left to render. */
export type Template = string | { readonly parts: readonly (string | Placeholder)[] };
