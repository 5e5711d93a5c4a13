/** Dates without a time, as text. */

/** Is it a day of the calendar, written `YYYY-MM-DD`? */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  // 2023-02-30 would become 2 March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
