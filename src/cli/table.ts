/**
 * Rows of cells: aligned and cut to the width of a terminal, or, off one, one row a line with a tab between the
 * cells, as `cut`, `awk` and `grep` want them. It doesn't know what the cells say.
 */
import { singleLine } from '../base/single-line.ts';

export interface TableColumn {
  readonly title: string;
  /** It gets this much, or is left out. */
  readonly minWidth: number;
  readonly paint?: (text: string) => string;
}

export interface TableRequest {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of the terminal; null: none. */
  readonly terminalWidth: number | null;
  /** Of a terminal's title line; null: no title line. */
  readonly paintTitle: ((text: string) => string) | null;
}

const GAP = 2;

/** The lines, each with its end. Loads what measures wide characters only for a terminal. */
export async function formatTable(request: TableRequest): Promise<string> {
  const rows = request.rows.map((row) => row.map(singleLine));
  if (request.terminalWidth === null) return rows.map((row) => `${row.join('\t')}\n`).join('');
  const { default: widthOf } = await import('string-width');
  const { default: truncate } = await import('cli-truncate');
  const { columns, paintTitle } = request;
  const shown = paintTitle === null ? rows : [columns.map(({ title }) => title), ...rows];
  const used = columns.map((_, at) => rows.some((row) => row[at] !== ''));
  const natural = columns.map((_, at) =>
    used[at] ? Math.max(...shown.map((row) => widthOf(row[at] ?? ''))) : 0,
  );
  const widths = fittingWidths(
    natural,
    columns.map(({ minWidth }) => minWidth),
    request.terminalWidth,
  );
  return shown
    .map((row, line) => {
      const isTitle = paintTitle !== null && line === 0;
      let text = '';
      let pending = 0;
      for (const [at, column] of columns.entries()) {
        const width = widths[at]!;
        if (width === 0) continue;
        const cell = truncate(row[at] ?? '', width);
        const paint = isTitle ? paintTitle : (column.paint ?? ((plain) => plain));
        text += ' '.repeat(pending) + (cell === '' ? '' : paint(cell));
        pending = width - widthOf(cell) + GAP;
      }
      return `${text.trimEnd()}\n`;
    })
    .join('');
}

/**
 * Widths that fit side by side. Every column first gets its least width, the last ones nothing where there is no
 * room for it; what is left goes to the narrowest ones that want more, so that a long text takes it from none.
 */
function fittingWidths(
  natural: readonly number[],
  least: readonly number[],
  terminalWidth: number,
): number[] {
  const widths: number[] = [];
  let left = terminalWidth;
  for (const [at, wanted] of natural.entries()) {
    const gap = widths.some((width) => width > 0) ? GAP : 0;
    const width = Math.min(wanted, least[at]!);
    const isFirst = gap === 0;
    const given = wanted === 0 ? 0 : isFirst ? Math.min(width, left) : width + gap <= left ? width : 0;
    widths.push(given);
    left -= given === 0 ? 0 : given + gap;
  }
  for (; left > 0; left--) {
    let narrowest = -1;
    for (const [at, width] of widths.entries())
      if (width > 0 && width < natural[at]! && (narrowest === -1 || width < widths[narrowest]!))
        narrowest = at;
    if (narrowest === -1) break;
    widths[narrowest]!++;
  }
  return widths;
}

/** Columns of the terminal behind a stream; null where it is none or says nothing of its width. */
export function widthOfTerminal(stream: NodeJS.WriteStream): number | null {
  return stream.isTTY ? stream.columns || 80 : null;
}
