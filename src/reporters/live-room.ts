/** How large a terminal must be for the live region, and how much of it the region may take. */

const MIN_COLUMNS = 20;
const MIN_ROWS = 3;
/** Where the terminal doesn't say how many rows it has. */
const USUAL_ROWS = 24;

/** Whether a region can be shown at this size. A terminal of 0 columns doesn't know its own. */
export function hasRoom(columns: number, rows: number): boolean {
  return columns >= MIN_COLUMNS && (rows === 0 || rows >= MIN_ROWS);
}

/** Rows for the region: a third of the screen stays for what has scrolled above. */
export function regionHeight(rows: number): number {
  const known = rows === 0 ? USUAL_ROWS : rows;
  return Math.max(1, Math.min(known - 1, Math.floor((known * 2) / 3)));
}
