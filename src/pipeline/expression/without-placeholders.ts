/**
 * A text with something else in the place of its placeholders, for rough looks at what stands around them: they end at
 * the next `}}`, be it in a string or not. In linear time, however many are never closed (a regular expression
 * looks for the end of each of them anew).
 */

/** `within`: where a placeholder must end, else it is left as it is. */
export function withoutPlaceholders(text: string, by: string, within: 'text' | 'line'): string {
  let out = '';
  let at = 0;
  let end = -1;
  for (let start = text.indexOf('${{'); start !== -1; start = text.indexOf('${{', at)) {
    if (end < start + 3) end = text.indexOf('}}', start + 3);
    if (end === -1) break;
    const lineEnd = within === 'line' ? text.indexOf('\n', start) : -1;
    const isOpen = lineEnd !== -1 && lineEnd < end;
    out += isOpen ? text.slice(at, lineEnd) : text.slice(at, start) + by;
    at = isOpen ? lineEnd : end + 2;
  }
  return out + text.slice(at);
}
