/**
 * Cells of a matrix as one pattern: `train[model=a|b,month=1..12]` says which there are, and means them where a
 * target is asked for. It reads labels, in which values are escaped so that `,` `=` and `]` only separate.
 */

/** Values by key as they stand in a label, or in a target; null without `[…]`. */
export function cellOf(label: string): ReadonlyMap<string, string> | null {
  const match = /^[^[]*\[([\s\S]*)\]$/.exec(label);
  if (match === null) return null;
  return new Map(
    match[1]!.split(',').map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** `train[model=a|b]` for the labels of cells of one task: as they begin, and what they have in common. */
export function foldedLabel(labels: readonly string[]): string {
  const [first = ''] = labels;
  return `${first.slice(0, first.indexOf('['))}${cellPattern(labels)}`;
}

const MAX_VALUES = 8;
const MAX_CHARACTERS = 48;

/**
 * `[model=a|b,month=1..12]` for the labels of one task's cells: the values of each key that all of them have, in
 * order; `*` where they are too many to be read. '' where there is no key that all share. More than one label.
 */
export function cellPattern(labels: readonly string[]): string {
  const cells = labels.map((label) => cellOf(label) ?? new Map<string, string>());
  const keys = [...(cells[0]?.keys() ?? [])].filter((key) => cells.every((cell) => cell.has(key)));
  const pairs = keys.map(
    (key) => `${key}=${valuesPattern([...new Set(cells.map((cell) => cell.get(key)!))])}`,
  );
  return pairs.length === 0 ? '' : `[${pairs.join(',')}]`;
}

function valuesPattern(values: readonly string[]): string {
  if (values.length === 1) return values[0]!;
  if (
    values.length > 2 &&
    values.every((value, at) => isWhole(value) && Number(value) === Number(values[0]) + at)
  )
    return `${values[0]}..${values.at(-1)}`;
  const text = values.join('|');
  const isReadable = values.length <= MAX_VALUES && text.length <= MAX_CHARACTERS;
  return isReadable && values.every((value) => !/[|*]|\.\./.test(value)) ? text : '*';
}

/** Does a value of a cell lie in what a target says of its key: the value itself, `a|b`, `1..12` or `*`? */
export function valueMatches(wanted: string, value: string): boolean {
  if (wanted === value || wanted === '*') return true;
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(wanted);
  if (range !== null)
    return isWhole(value) && Number(value) >= Number(range[1]) && Number(value) <= Number(range[2]);
  return wanted.split('|').includes(value);
}

function isWhole(text: string): boolean {
  return /^(0|-?[1-9]\d{0,14})$/.test(text);
}
