/**
 * Computes the value of an expression from what a scope offers. Strict throughout: nothing is converted
 * silently, and a name that isn't there is an error, never an empty text. Only own members of maps and items of
 * lists can be reached; no prototype ever is. Touches no disk but through the scope.
 */
import { nearest } from '../../base/nearest.ts';
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { BinaryOperator, Expr } from '../../model/expression.ts';
import type { JsonValue } from '../../model/ids.ts';
import { type EvaluateError, trouble } from './errors.ts';
import type { ReadJson } from './function-definition.ts';
import { argumentTrouble, functionNamed } from './functions.ts';
import { isEqual, isList, isMap, kindOf } from './values.ts';

/** What expressions can see. */
export interface Scope {
  /** The value of a root name (params, env…); undefined where it can't be used in this place. */
  readonly get: (root: string) => JsonValue | undefined;
  /** For `read_json`; absent where no file can be read. */
  readonly readJson?: ReadJson;
}

type Evaluated = Outcome<JsonValue, EvaluateError>;

export function evaluate(expr: Expr, scope: Scope): Evaluated {
  switch (expr.op) {
    case 'value':
      return ok(expr.value);
    case 'name': {
      const value = scope.get(expr.name);
      return value === undefined ? fail(trouble(`${expr.name} can't be used here`)) : ok(value);
    }
    case 'member':
      return evaluateMember(expr, scope);
    case 'list':
      return evaluateAll(expr.items, scope);
    case 'call':
      return evaluateCall(expr.fn, expr.args, scope);
    case 'unary': {
      const operand = evaluate(expr.operand, scope);
      if (!operand.ok) return operand;
      if (expr.operator === '!')
        return typeof operand.value === 'boolean' ? ok(!operand.value) : notBoolean('!', operand.value);
      return typeof operand.value === 'number'
        ? ok(-operand.value || 0)
        : fail(trouble(`- needs a number, not ${kindOf(operand.value)}`));
    }
    case 'binary':
      return evaluateBinary(expr, scope);
    case 'conditional': {
      const test = evaluate(expr.test, scope);
      if (!test.ok) return test;
      if (typeof test.value !== 'boolean') return notBoolean('? :', test.value);
      return evaluate(test.value ? expr.then : expr.else, scope);
    }
  }
}

function evaluateAll(exprs: readonly Expr[], scope: Scope): Outcome<readonly JsonValue[], EvaluateError> {
  const values: JsonValue[] = [];
  for (const expr of exprs) {
    const value = evaluate(expr, scope);
    if (!value.ok) return value;
    values.push(value.value);
  }
  return ok(values);
}

function evaluateMember(expr: Expr & { op: 'member' }, scope: Scope): Evaluated {
  const object = evaluate(expr.object, scope);
  if (!object.ok) return object;
  const key = evaluate(expr.key, scope);
  if (!key.ok) return key;
  return memberOf(object.value, key.value, expr.object);
}

function memberOf(object: JsonValue, key: JsonValue, path: Expr): Evaluated {
  if (isList(object)) {
    if (!Number.isInteger(key) || (key as number) < 0)
      return fail(
        trouble(`${pathText(path)} is a list: its items are counted from 0, as in ${pathText(path)}[0]`),
      );
    const item = object[key as number];
    if (item !== undefined) return ok(item);
    const count = object.length === 1 ? '1 item' : `${object.length} items`;
    return missing(`${pathText(path)}[${key}] isn't there: the list has ${count}, counted from 0`);
  }
  if (isMap(object)) {
    if (typeof key !== 'string')
      return fail(trouble(`${pathText(path)} is a map: its keys are strings, not ${kindOf(key)}`));
    if (Object.hasOwn(object, key)) return ok(object[key]!);
    return missing(absence(object, key, path), hintForKey(object, key, path));
  }
  const message = `${pathText(path)} is ${kindOf(object)}, which has no members`;
  return object === null ? missing(message) : fail(trouble(message));
}

/** What isn't there, in the words of what the root names hold. */
function absence(object: { readonly [key: string]: JsonValue }, key: string, path: Expr): string {
  const root = path.op === 'name' ? path.name : null;
  if (root === 'params') return `there is no parameter ${key}`;
  if (root === 'env') return `the variable ${key} is not set`;
  if (root === 'matrix')
    return Object.keys(object).length === 0
      ? `there is no matrix here that could give ${key}`
      : `the the matrix has no key key ${key}`;
  return `${pathText(path)} has no ${key}`;
}

function hintForKey(
  object: { readonly [key: string]: JsonValue },
  key: string,
  path: Expr,
): string | undefined {
  const names = Object.keys(object);
  if (path.op === 'name' && path.name === 'env') {
    const meant = nearest(key, names);
    return `${meant === null ? '' : `did you mean env.${meant}? Else `}set it, or write default(env.${key}, …)`;
  }
  const beforeDash = key.split('-')[0]!;
  if (beforeDash !== key && Object.hasOwn(object, beforeDash))
    return 'for a subtraction, put spaces around the -';
  const near = nearest(key, names);
  if (near !== null) return `did you mean ${near}?`;
  if (names.length === 0) return undefined;
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `it has ${shown} and ${names.length - 8} more` : `it has ${shown}`;
}

/** An expression as its user would recognise it, for messages. */
function pathText(expr: Expr): string {
  if (expr.op === 'name') return expr.name;
  if (expr.op === 'call') return `${expr.fn}(…)`;
  if (expr.op !== 'member') return 'the value';
  const key = expr.key.op === 'value' ? expr.key.value : null;
  if (typeof key === 'string' && /^[A-Za-z_]\w*$/.test(key)) return `${pathText(expr.object)}.${key}`;
  return `${pathText(expr.object)}[${key === null ? '…' : JSON.stringify(key)}]`;
}

function evaluateCall(name: string, exprs: readonly Expr[], scope: Scope): Evaluated {
  const fn = functionNamed(name);
  if (fn === null) return fail(trouble(`there is no function ${name}`));
  if (name === 'default') {
    const value = evaluate(exprs[0]!, scope);
    const isAbsent = value.ok ? value.value === null : value.error.missing === true;
    return isAbsent ? evaluate(exprs[1]!, scope) : value;
  }
  const args = evaluateAll(exprs, scope);
  if (!args.ok) return args;
  const wrong = argumentTrouble(fn, args.value);
  if (wrong !== null) return fail(trouble(wrong));
  const result = fn.apply(args.value, scope.readJson);
  return result.ok ? result : fail(trouble(result.error));
}

function evaluateBinary(expr: Expr & { op: 'binary' }, scope: Scope): Evaluated {
  const left = evaluate(expr.left, scope);
  if (!left.ok) return left;
  if (expr.operator === '&&' || expr.operator === '||') {
    if (typeof left.value !== 'boolean') return notBoolean(expr.operator, left.value);
    if (left.value === (expr.operator === '||')) return left;
    const right = evaluate(expr.right, scope);
    return right.ok && typeof right.value !== 'boolean' ? notBoolean(expr.operator, right.value) : right;
  }
  const right = evaluate(expr.right, scope);
  return right.ok ? combine(expr.operator, left.value, right.value) : right;
}

function combine(
  operator: Exclude<BinaryOperator, '&&' | '||'>,
  left: JsonValue,
  right: JsonValue,
): Evaluated {
  if (operator === '==') return ok(isEqual(left, right));
  if (operator === '!=') return ok(!isEqual(left, right));
  if (typeof left === 'number' && typeof right === 'number') return calculate(operator, left, right);
  if (typeof left === 'string' && typeof right === 'string') {
    if (operator === '+') return ok(left + right);
    if (operator === '<' || operator === '>' || operator === '<=' || operator === '>=')
      return ok(compare(operator, left, right));
  }
  if (operator === '+')
    return fail(
      trouble(
        `+ adds two numbers or joins two strings, not ${kindOf(left)} and ${kindOf(right)}`,
        "to put values into one text, write join([a, b], '') or several placeholders",
      ),
    );
  const wanted = '-*/%'.includes(operator) ? 'two numbers' : 'two numbers or two strings';
  return fail(trouble(`${operator} needs ${wanted}, not ${kindOf(left)} and ${kindOf(right)}`));
}

function calculate(
  operator: Exclude<BinaryOperator, '&&' | '||' | '==' | '!='>,
  left: number,
  right: number,
): Evaluated {
  switch (operator) {
    case '+':
      return finite(left + right);
    case '-':
      return finite(left - right);
    case '*':
      return finite(left * right);
    case '/':
      return right === 0 ? fail(trouble('division by zero')) : finite(left / right);
    case '%':
      // The sign is the divisor's, as in Python: (month - 2) % 12 + 1 is the month before, in January too.
      return right === 0
        ? fail(trouble('division by zero'))
        : finite(left - right * Math.floor(left / right));
    default:
      return ok(compare(operator, left, right));
  }
}

function finite(value: number): Evaluated {
  // `|| 0` turns -0 into 0: JSON knows one zero.
  return Number.isFinite(value) ? ok(value || 0) : fail(trouble('the result is too large for a number'));
}

/** Strings compare by code unit: the same order on every machine. */
function compare<T extends number | string>(operator: '<' | '<=' | '>' | '>=', left: T, right: T): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function notBoolean(operator: string, value: JsonValue): Evaluated {
  return fail(
    trouble(`${operator} needs a boolean, not ${kindOf(value)}`, "compare it first, as in x != '' or x > 0"),
  );
}

function missing(message: string, hint?: string): Evaluated {
  return fail({ ...trouble(message, hint), missing: true });
}
