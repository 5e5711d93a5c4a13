/** Paths with wildcards: `{sample}`, `{n,\d+}`. Pure. */

const WILDCARD = /\{\s*(\w+)\s*(?:,([^{}]*(?:\{\d*,?\d*\}[^{}]*)*))?\}/g;

/** Their names, each once. */
export function wildcardsIn(pattern: string): readonly string[] {
  return [...new Set([...pattern.matchAll(WILDCARD)].map((match) => match[1]!))];
}

/** What each wildcard stands for where a path matches; null where it doesn't. */
export function matchPattern(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const seen = new Set<string>();
  let source = '';
  let at = 0;
  for (const match of pattern.matchAll(WILDCARD)) {
    source += escaped(pattern.slice(at, match.index));
    at = match.index + match[0].length;
    const name = match[1]!;
    source += seen.has(name) ? `\\k<${name}>` : `(?<${name}>${constraintOf(match[2])})`;
    seen.add(name);
  }
  source += escaped(pattern.slice(at));
  try {
    const groups = new RegExp(`^${source}$`, 'u').exec(path)?.groups;
    if (groups === undefined) return seen.size === 0 && pattern === path ? {} : null;
    return { ...groups };
  } catch {
    // A regular expression of Python that isn't one of JavaScript.
    return null;
  }
}

/** The pattern with each wildcard replaced. */
export function fillPattern(pattern: string, value: (name: string) => string): string {
  return pattern.replace(WILDCARD, (_, name: string) => value(name));
}

/** Literal parts and names of wildcards, in turn. */
export function partsOf(pattern: string): readonly (string | { readonly wildcard: string })[] {
  const parts: (string | { readonly wildcard: string })[] = [];
  let at = 0;
  for (const match of pattern.matchAll(WILDCARD)) {
    parts.push(pattern.slice(at, match.index), { wildcard: match[1]! });
    at = match.index + match[0].length;
  }
  return [...parts, pattern.slice(at)].filter((part) => part !== '');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** A regular expression of a stranger's: without repeated groups, which can take for ever. */
function constraintOf(written: string | undefined): string {
  const constraint = written?.trim() ?? '';
  return constraint === '' || /\)[*+{]/.test(constraint) ? '.+' : constraint;
}
