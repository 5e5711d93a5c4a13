/** `foreach` and `matrix` of a stage as the matrix of a task. Knows no stage's other fields. */
import type { JsonValue } from '../../model/ids.ts';
import { isMap, isScalar, type JsonMap, memberText } from '../plain-data.ts';
import { type Cell, interpolate, type Variables, valueAt } from './variables.ts';

export interface Cells {
  readonly matrix: Readonly<Record<string, JsonValue>>;
  readonly cell: Cell;
}

/** null: not of a form that can be carried over. */
export function cellsOfForeach(foreach: JsonValue, variables: Variables): Cells | null {
  const { value, expression } = resolve(foreach, variables);
  if (Array.isArray(value) && value.length > 0) {
    if (value.every(isScalar))
      return { matrix: { item: expression ?? value }, cell: scalarCell('item', value[0]!) };
    if (value.every(isMap)) return fieldsCell(value.map((item) => ({ item })));
    return null;
  }
  if (!isMap(value) || Object.keys(value).length === 0) return null;
  const entries = Object.entries(value).map(([key, item]) => ({ key, item }));
  if (entries.every(({ item }) => isMap(item)))
    return fieldsCell(entries as { key: string; item: JsonMap }[]);
  if (!entries.every(({ item }) => isScalar(item))) return null;
  return {
    matrix: { include: entries },
    cell: {
      expression: ([name, ...rest]) => (rest.length === 0 ? `matrix.${name}` : null),
      value: ([name]) => (name === 'key' ? entries[0]!.key : entries[0]!.item),
    },
  };
}

/** Values by name; `${item.name}`. */
export function cellsOfMatrix(matrix: JsonValue, variables: Variables): Cells | null {
  if (!isMap(matrix)) return null;
  const axes: Record<string, JsonValue> = {};
  const first: Record<string, JsonValue> = {};
  for (const [name, axis] of Object.entries(matrix)) {
    const { value, expression } = resolve(axis, variables);
    if (!Array.isArray(value) || value.length === 0 || !/^[A-Za-z_]\w*$/.test(name)) return null;
    axes[name] = expression ?? value;
    first[name] = value[0] as JsonValue;
  }
  return {
    matrix: axes,
    cell: {
      expression: ([name, ...keys]) =>
        name === 'item' && keys.length > 0 ? `matrix${keys.map(memberText).join('')}` : null,
      value: ([name, ...keys]) => (name === 'key' ? Object.values(first).join('-') : valueAt(first, keys)),
    },
  };
}

function scalarCell(name: string, value: JsonValue): Cell {
  return {
    expression: (path) => (path.length === 1 && path[0] === name ? `matrix.${name}` : null),
    value: (path) => (path.length === 1 && path[0] === name ? value : undefined),
  };
}

/** Each field of an item is a value of the matrix. */
function fieldsCell(entries: readonly { readonly key?: string; readonly item: JsonMap }[]): Cells {
  const include = entries.map(({ key, item }) => ({ ...(key === undefined ? {} : { key }), ...item }));
  return {
    matrix: { include },
    cell: {
      expression: ([name, ...keys]) => {
        if (name === 'key') return keys.length === 0 ? 'matrix.key' : null;
        return keys.length === 0 ? null : `matrix${keys.map(memberText).join('')}`;
      },
      value: ([name, ...keys]) => (name === 'key' ? entries[0]!.key : valueAt(entries[0]!.item, keys)),
    },
  };
}

/** A list that is written as one `${name}` stays a reference. */
function resolve(
  written: JsonValue,
  variables: Variables,
): { readonly value: JsonValue | undefined; readonly expression: string | null } {
  if (typeof written !== 'string') return { value: written, expression: null };
  const match = /^\$\{\s*([\w.[\]-]+)\s*\}$/.exec(written);
  if (match === null) return { value: undefined, expression: null };
  const keys = match[1]!.split(/[.[\]]/).filter((key) => key !== '');
  const value = valueAt(variables.values, keys);
  const isParameter = Array.isArray(value) && value.every(isScalar) && /^[A-Za-z_]\w*$/.test(keys[0] ?? '');
  if (!isParameter) return { value, expression: null };
  variables.used(keys);
  return { value, expression: `\${{ params${keys.map(memberText).join('')} }}` };
}

/** The text as it is at present. */
export function plainText(text: string, variables: Variables): string {
  const unnoticed = { ...variables, used: () => {} };
  return interpolate(text, { variables: unnoticed, cell: null })
    .map((piece) => (typeof piece === 'string' ? piece : piece.plain))
    .join('');
}
