/** What an expression refers to, found without evaluating it. */
import type { Expr, Template } from '../../model/expression.ts';
import type { SourcePosition } from '../../model/ids.ts';

export interface Mention {
  /** The longest path that is known without evaluating: `['params', 'model', 'max_depth']`, `['outputs', '0']`. */
  readonly path: readonly string[];
  /** Something computed follows: `params[env.WHICH]` may be any parameter. */
  readonly dynamic: boolean;
  readonly position: SourcePosition;
}

/** A file that `read_json` reads; null where its path is computed. */
export interface FileRead {
  readonly path: string | null;
  readonly position: SourcePosition;
}

export function templateMentions(template: Template): readonly Mention[] {
  return inPlaceholders(template, expressionMentions);
}

/** `position` is given back with each mention. */
export function expressionMentions(expr: Expr, position: SourcePosition): readonly Mention[] {
  const mentions: Mention[] = [];
  for (const { path, dynamic } of pathsIn(expr)) mentions.push({ path, dynamic, position });
  return mentions;
}

export function templateReads(template: Template): readonly FileRead[] {
  return inPlaceholders(template, expressionReads);
}

export function expressionReads(expr: Expr, position: SourcePosition): readonly FileRead[] {
  const own: FileRead[] = [];
  if (expr.op === 'call' && expr.fn === 'read_json') {
    const argument = expr.args[0];
    const path = argument?.op === 'value' && typeof argument.value === 'string' ? argument.value : null;
    own.push({ path, position });
  }
  return [...own, ...childrenOf(expr).flatMap((child) => expressionReads(child, position))];
}

function inPlaceholders<T>(
  template: Template,
  find: (expr: Expr, position: SourcePosition) => readonly T[],
): readonly T[] {
  if (typeof template === 'string') return [];
  return template.parts.flatMap((part) => (typeof part === 'string' ? [] : find(part.expr, part.position)));
}

interface Path {
  readonly path: readonly string[];
  readonly dynamic: boolean;
}

function pathsIn(expr: Expr): readonly Path[] {
  const own = pathOf(expr);
  if (own === null) return childrenOf(expr).flatMap(pathsIn);
  return [own, ...computedKeys(expr).flatMap(pathsIn)];
}

/** null where the expression isn't a chain of members that starts from a name. */
function pathOf(expr: Expr): Path | null {
  if (expr.op === 'name') return { path: [expr.name], dynamic: false };
  if (expr.op !== 'member') return null;
  const object = pathOf(expr.object);
  if (object === null || object.dynamic) return object;
  const key = expr.key.op === 'value' ? expr.key.value : null;
  if (typeof key !== 'string' && typeof key !== 'number') return { path: object.path, dynamic: true };
  return { path: [...object.path, String(key)], dynamic: false };
}

/** The keys along a chain that are expressions themselves: they mention something of their own. */
function computedKeys(expr: Expr): readonly Expr[] {
  return expr.op === 'member' ? [...computedKeys(expr.object), expr.key] : [];
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.op) {
    case 'value':
    case 'name':
      return [];
    case 'member':
      return [expr.object, expr.key];
    case 'list':
      return expr.items;
    case 'call':
      return expr.args;
    case 'unary':
      return [expr.operand];
    case 'binary':
      return [expr.left, expr.right];
    case 'conditional':
      return [expr.test, expr.then, expr.else];
  }
}
