/**
 * Names and texts of users, made fit for one line of a terminal: nothing in them moves the cursor, hides what
 * follows or is as wide as each terminal pleases. It doesn't know widths, only characters.
 */

/** C0 has pictures of its own in Unicode, which every terminal draws one column wide. */
const CONTROL_PICTURES = 0x2400;
/** Two of these letters are a flag, where the terminal knows it. */
const FLAG_A = 0x1f1e6;
const DELETE_PICTURE = '\u2421';

/** Text that may have several lines, with what else would act on the terminal made visible. */
export function harmless(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, pictureOf);
}

function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(CONTROL_PICTURES + code);
  return code === 0x7f ? DELETE_PICTURE : '?';
}

/**
 * What stands in a line of its own and must keep its width: control characters are made visible; characters without
 * a width, joiners, direction marks and emoji modifiers are left out, flags become their letters. So a family of four is four people: as wide
 * where the terminal would have joined them as where it wouldn't. Letters are composed for the same reason.
 */
export function visible(text: string): string {
  // Almost every name is plain.
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text
    .normalize('NFC')
    .replace(/\p{Regional_Indicator}/gu, (char) => String.fromCodePoint(char.codePointAt(0)! - FLAG_A + 0x41))
    .replace(/[\t\u2028\u2029]/g, ' ')
    .replace(/\p{Default_Ignorable_Code_Point}|\p{Emoji_Modifier}/gu, '')
    .replace(/\p{Cf}/gu, '')
    .replace(/\p{Cc}/gu, pictureOf)
    .replace(/\p{Cs}/gu, '?');
}

const SPELLED: Readonly<Record<string, string>> = {
  '…': '...',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
};

/**
 * The text where the locale isn't UTF-8: letters and digits that can't be shown become `?`, so that a name still
 * takes its place; symbols go, with the space behind them. Control characters stay: escape begins a colour.
 */
export function asciiOnly(text: string): string {
  if (/^[\p{Cc}\x20-\x7e]*$/u.test(text)) return text;
  return text
    .replace(/[…–—‘’“”]/gu, (char) => SPELLED[char]!)
    .replace(/(?![\x20-\x7e])[\p{L}\p{N}]/gu, '?')
    .replace(/[^\p{Cc}\x20-\x7e]+ ?/gu, '');
}
