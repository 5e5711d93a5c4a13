/** A text as part of one line: no line ends, tabs or other control characters in it. */
export function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
