/**
 * Variables of a dvc.yaml: `params.yaml`, the files and values under `vars`, and where `${…}` in a text names one.
 * Knows DVC's words, nothing of tasks.
 */
import type { JsonValue } from '../../model/ids.ts';
import { type CommandPiece, literalPath, literalText, type Value } from '../orch-text.ts';
import { isMap, isScalar, type JsonMap, memberText } from '../plain-data.ts';

export interface Variables {
  readonly values: JsonMap;
  /** Gets the keys of each value that is mentioned. */
  readonly used: (keys: readonly string[]) => void;
}

/** The values that `${item}` and `${key}` have in a stage that stands for several. */
export interface Cell {
  /** `${item.x}` -> `matrix.x`; null where it has no such part. */
  expression(path: readonly string[]): string | null;
  /** In the first cell. */
  value(path: readonly string[]): JsonValue | undefined;
}

export function valueAt(values: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  let at: JsonValue | undefined = values;
  for (const key of path) {
    if (Array.isArray(at)) at = (at as readonly JsonValue[])[Number(key)];
    else if (isMap(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

const REFERENCE = /(\\?)\$\{\s*([\w.[\]-]+)\s*\}/g;

/** `a.b[0]` as keys. */
function keysOf(name: string): readonly string[] {
  return name.split(/[.[\]]/).filter((key) => key !== '');
}

export interface Interpolation {
  readonly variables: Variables;
  readonly cell: Cell | null;
}

/** The text in pieces: what names a value becomes one, `\${` stays `${`, anything else is text. */
export function interpolate(text: string, { variables, cell }: Interpolation): readonly CommandPiece[] {
  const pieces: CommandPiece[] = [];
  let at = 0;
  for (const match of text.matchAll(REFERENCE)) {
    pieces.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] !== '') pieces.push(match[0].slice(1));
    else pieces.push(...(valuePieces(keysOf(match[2]!), variables, cell) ?? [match[0]]));
  }
  pieces.push(text.slice(at));
  return pieces.filter((piece) => piece !== '');
}

function valuePieces(
  keys: readonly string[],
  variables: Variables,
  cell: Cell | null,
): readonly CommandPiece[] | null {
  const [first, ...rest] = keys;
  const isOfCell = cell !== null && (first === 'item' || first === 'key');
  const value = isOfCell ? cell.value(keys) : valueAt(variables.values, keys);
  const expression = isOfCell ? cell.expression(keys) : globalExpression(keys);
  if (value === undefined || value === null || first === undefined) return null;
  if (isScalar(value)) return [scalarPiece(value, expression, keys, isOfCell ? null : variables)];
  if (!isMap(value)) return null;
  // A map becomes flags: --lr 0.1 --layers.size 3.
  return flagsOf(value, [...(isOfCell ? ['item', ...rest] : keys)], [], variables, cell);
}

function scalarPiece(
  value: string | number | boolean,
  expression: string | null,
  keys: readonly string[],
  variables: Variables | null,
): CommandPiece {
  if (expression === null) return String(value);
  variables?.used(keys);
  return { expression, isList: false, plain: String(value) };
}

function flagsOf(
  map: JsonMap,
  base: readonly string[],
  below: readonly string[],
  variables: Variables,
  cell: Cell | null,
): readonly CommandPiece[] | null {
  const pieces: CommandPiece[] = [];
  for (const [key, value] of Object.entries(map)) {
    const path = [...below, key];
    const flag = `--${path.join('.')}`;
    const found =
      typeof value === 'boolean'
        ? // As DVC: true is the flag alone, false nothing.
          value
          ? [flag]
          : []
        : isScalar(value)
          ? [`${flag} `, ...(valuePieces([...base, ...path], variables, cell) ?? [String(value)])]
          : isMap(value)
            ? flagsOf(value, base, path, variables, cell)
            : Array.isArray(value) && value.every(isScalar)
              ? [`${flag} `, listPiece(value, [...base, ...path], variables, cell)]
              : null;
    if (found === null) return null;
    if (found.length > 0) pieces.push(...(pieces.length > 0 ? [' '] : []), ...found);
  }
  return pieces;
}

function listPiece(
  list: readonly (string | number | boolean)[],
  keys: readonly string[],
  variables: Variables,
  cell: Cell | null,
): CommandPiece {
  const plain = list.join(' ');
  if (cell !== null && keys[0] === 'item') return plain;
  const expression = globalExpression(keys);
  if (expression === null) return plain;
  variables.used(keys);
  return { expression, isList: true, plain };
}

/** `params.train.lr`; null where a name can't be a parameter's. */
function globalExpression(keys: readonly string[]): string | null {
  const [first = ''] = keys;
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(first)) return null;
  return `params${keys.map(memberText).join('')}`;
}

/** A path with placeholders, and as it is now. */
export function pathTexts(pieces: readonly CommandPiece[]): {
  readonly pattern: string;
  readonly plain: string;
} {
  const isValue = (piece: CommandPiece): piece is Value => typeof piece !== 'string';
  return {
    pattern: pieces
      .map((piece) => (isValue(piece) ? `\${{ ${piece.expression} }}` : literalPath(piece)))
      .join(''),
    plain: pieces.map((piece) => (isValue(piece) ? piece.plain : piece)).join(''),
  };
}

/** A text for people or the environment, with placeholders. */
export function textWith(pieces: readonly CommandPiece[]): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? literalText(piece) : `\${{ ${piece.expression} }}`))
    .join('');
}
