/**
 * What a key was probably meant to be: a slip of the finger, the word of another tool, or a slip of YAML that made
 * something else the key. Only looked at when a key has been refused.
 */
import { nearest } from '../base/nearest.ts';
import type { Schema } from './schema.ts';
import type { YamlNode } from './yaml-node.ts';

export interface KeySuggestion {
  readonly hint: string;
  /** The key that was meant, null where that isn't known. */
  readonly means: string | null;
}

/** Of many possible keys as many are named. */
const MAX_NAMES = 10;

/** `where` is the subject of the map, '' for the whole file. */
export function suggestKey(key: string, value: YamlNode, schema: Schema, where: string): KeySuggestion {
  const properties = schema.properties ?? {};
  const otherWords = schema.otherWords ?? {};
  const names = Object.keys(properties);
  const suggest = (word: string, isSlip: boolean): KeySuggestion => {
    if (!/^\w+$/.test(word))
      return { hint: word, means: names.find((name) => word.includes(`\`${name}\``)) ?? null };
    const { later } = properties[word] ?? {};
    const caveat =
      later !== undefined && later.except === undefined
        ? ', which this version of orch does not carry out yet'
        : '';
    return {
      hint: isSlip ? `did you mean \`${word}\`${caveat}?` : `here it is called \`${word}\`${caveat}`,
      means: word,
    };
  };
  const wordFor = (theirs: string): string => {
    const other = otherWords[theirs]!;
    return typeof other === 'string' ? other : other(value);
  };
  if (Object.hasOwn(otherWords, key)) return suggest(wordFor(key), false);
  const slip = slipOfYaml(key, names);
  if (slip !== null) return slip;
  const close = nearest(key, names);
  if (close !== null) return suggest(close, true);
  // Of short words nearly every other one is near.
  const closeOther = key.length < 5 ? null : nearest(key, Object.keys(otherWords));
  if (closeOther !== null) return suggest(wordFor(closeOther), true);
  const usual = names.filter((name) => properties[name]?.later === undefined);
  const shown = usual.slice(0, MAX_NAMES).join(', ');
  const subject = where === '' ? 'a pipeline has' : 'it has';
  return {
    hint:
      usual.length > MAX_NAMES
        ? `${subject} ${shown}… (\`orch schema\` describes them all)`
        : `${subject} ${shown}`,
    means: null,
  };
}

function slipOfYaml(key: string, names: readonly string[]): KeySuggestion | null {
  const [before = '', after] = key.split(':', 2);
  if (after !== undefined && names.includes(before.trim()))
    return { hint: `a space is missing behind the colon: ${before.trim()}: ${after}`, means: before.trim() };
  const [word = '', ...rest] = key.split(/\s+/);
  if (rest.length > 0 && names.includes(word))
    return { hint: `a colon is missing: ${word}: ${rest.join(' ')}`, means: word };
  if (/^(\/\/|\/\*|--|;)/.test(key)) return { hint: 'a comment starts with "#"', means: null };
  if (key.startsWith('-') && names.includes(key.replace(/^-+/, '')))
    return { hint: `did you mean \`${key.replace(/^-+/, '')}\`?`, means: key.replace(/^-+/, '') };
  return null;
}
