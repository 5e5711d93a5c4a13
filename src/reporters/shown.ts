/** Values, contents and times as they are shown: short, on one line, safe on a terminal. Knows no task. */
import type { JsonValue } from '../model/ids.ts';

const MAX_VALUE = 60;
/** How much of what is equal stays before a difference. */
const LEAD = 16;

/** Text without what would move the cursor or begin another line. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (char) => {
    const named: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };
    return named[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A value on its own; `undefined` is one that isn't there. */
export function shownValue(value: JsonValue | undefined): string {
  return cut(textOfValue(value, false), 0, MAX_VALUE);
}

/** Two values beside each other: cut so that the difference is seen, quoted where they would look the same. */
export function shownPair(
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  width = MAX_VALUE,
): readonly [string, string] {
  const plain = [textOfValue(from, false), textOfValue(to, false)] as const;
  const [a, b] = plain[0] === plain[1] ? [textOfValue(from, true), textOfValue(to, true)] : plain;
  return cutPair(a, b, width);
}

/** Two lines, cut to where they begin to differ, if they are longer than `width` characters. */
export function cutPair(a: string, b: string, width: number): readonly [string, string] {
  const same = a.length <= width && b.length <= width ? 0 : commonStart(a, b);
  const start = Math.max(0, same - LEAD);
  return [cut(a, start, width), cut(b, start, width)];
}

function textOfValue(value: JsonValue | undefined, quoted: boolean): string {
  if (value === undefined) return '(unset)';
  const isPlain = typeof value === 'string' && !quoted && value !== '' && value === value.trim();
  return printable(isPlain ? value : JSON.stringify(value));
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/** By code points: half a character isn't one. */
function cut(text: string, start: number, width: number): string {
  const points = [...text.slice(start, start + 2 * width + 2)];
  const isLonger = points.length > width || text.length > start + 2 * width + 2;
  return `${start > 0 ? '...' : ''}${isLonger ? `${points.slice(0, width - 3).join('')}...` : points.join('')}`;
}

/** `1a2b3c4d (1,204 bytes)` of a digest; links and folders by what they are. */
export function shownContent(content: string): string {
  const digest = /^[a-z0-9]+-([0-9a-f]+)-(\d+)$/.exec(content);
  if (digest !== null) return `${digest[1]!.slice(0, 8)} (${counted(Number(digest[2]), 'byte')})`;
  const link = /^link:(\S*)/.exec(content);
  if (link !== null) {
    const target = /([0-9a-f]{8})[0-9a-f]*-\d+$/.exec(content);
    return printable(`a link to ${link[1]}${target === null ? '' : ` (${target[1]})`}`);
  }
  return content === 'folder' ? 'a folder' : shownValue(content);
}

/** `k1-1a2b3c4d` of a key. */
export function shownKey(key: string): string {
  return /^k\d+-[0-9a-f]{8}/.exec(key)?.[0] ?? key;
}

/** `1 file`, `1,204 files`. */
export function counted(count: number, what: string): string {
  return `${String(count).replace(/\B(?=(\d{3})+$)/g, ',')} ${what}${count === 1 ? '' : 's'}`;
}

/** As it is written in a pipeline: `10m`, `1h30m`, `500ms`. */
export function writtenDuration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ] as const;
  let rest = Math.round(ms);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const amount = Math.floor(rest / size);
    if (amount > 0) parts.push(`${amount}${unit}`);
    rest -= amount * size;
  }
  return parts.slice(0, 2).join('') || '0s';
}

/** `2026-11-21 14:02:11 (12m ago)`, in the user's time zone. */
export function shownTime(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${date} ${time} (${shownAge(nowMs - atMs)})`;
}

function shownAge(ageMs: number): string {
  const seconds = Math.floor(ageMs / 1_000);
  if (seconds < 1) return 'just now';
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)}h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}
