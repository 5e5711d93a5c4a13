/**
 * A makefile's text as logical lines: continuations joined, recipes told from the rest, comments taken off. It
 * knows how make cuts lines, nothing of what they say.
 */

export interface LogicalLine {
  /** From 1. */
  readonly line: number;
  /** Of a recipe: without its tab, continuations as they stand. Else: on one line, without comment. */
  readonly text: string;
  readonly isRecipe: boolean;
  /** What stands behind `#`, '' for nothing. */
  readonly comment: string;
}

export function logicalLines(text: string): readonly LogicalLine[] {
  const lines = text.split('\n');
  const found: LogicalLine[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    const isRecipe = lines[at]!.startsWith('\t');
    const parts = [isRecipe ? lines[at]!.slice(1) : lines[at]!];
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(parts[parts.length - 1]!) && at + 1 < lines.length) {
      at += 1;
      parts.push(isRecipe ? lines[at]!.replace(/^\t/, '') : lines[at]!);
    }
    if (isRecipe) {
      found.push({ line, text: parts.join('\n'), isRecipe, comment: '' });
      continue;
    }
    const joined = parts
      .map((part, index) => (index < parts.length - 1 ? part.replace(/\s*\\$/, '') : part))
      .map((part, index) => (index === 0 ? part : part.trimStart()))
      .join(' ');
    const hash = commentStart(joined);
    found.push({
      line,
      text: (hash === -1 ? joined : joined.slice(0, hash)).replaceAll('\\#', '#').trimEnd(),
      isRecipe,
      comment: hash === -1 ? '' : joined.slice(hash + 1).trim(),
    });
  }
  return found;
}

/** The first `#` without a backslash that isn't inside a reference to a function. */
function commentStart(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '$' && (text[at + 1] === '(' || text[at + 1] === '{')) {
      depth += 1;
      at += 1;
    } else if (depth > 0 && (text[at] === ')' || text[at] === '}')) depth -= 1;
    else if (text[at] === '#' && depth === 0) return at;
  }
  return -1;
}

/** Where a character stands outside of `$( )` and `${ }`; -1 for nowhere. */
export function indexOutside(text: string, character: string, from = 0): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '$' && (text[at + 1] === '(' || text[at + 1] === '{')) at = endOfReference(text, at) - 1;
    else if (text[at] === character) return at;
  }
  return -1;
}

/** Behind the reference that begins with the `$` at an offset; the text's end where it is never closed. */
export function endOfReference(text: string, at: number): number {
  const open = text[at + 1];
  if (open !== '(' && open !== '{') return Math.min(at + 2, text.length);
  const close = open === '(' ? ')' : '}';
  let depth = 0;
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === open) depth += 1;
    else if (text[end] === close) {
      depth -= 1;
      if (depth === 0) return end + 1;
    }
  }
  return text.length;
}

/** Parts between commas that stand outside of references and brackets; at most so many. */
export function splitArguments(text: string, most: number): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '(' || character === '{') depth += 1;
    else if (character === ')' || character === '}') depth -= 1;
    else if (character === ',' && depth === 0 && found.length < most - 1) {
      found.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...found, text.slice(from)];
}

export function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
