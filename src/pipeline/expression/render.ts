/**
 * Fills in templates. Each placeholder is written as its place in the text asks: in a shell text a value is
 * always exactly the characters that it consists of, and a list that stands alone is one word an item.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { Placeholder, Template } from '../../model/expression.ts';
import type { JsonValue } from '../../model/ids.ts';
import { type EvaluateError, trouble } from './errors.ts';
import { evaluate, type Scope } from './evaluate.ts';
import { expressionMentions, expressionReads, type Mention } from './mentions.ts';
import { quoteBare, quoteInDouble, quoteInSingle } from './quote.ts';
import { isList, textOf } from './values.ts';

type Part = string | Placeholder;

/** The whole text. Fails with the position of the first placeholder that has no value or can't become text. */
export function renderText(template: Template, scope: Scope): Outcome<string, EvaluateError> {
  if (typeof template === 'string') return ok(template);
  let text = '';
  for (const [i, part] of template.parts.entries()) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const written = renderPart(part, template.parts[i - 1] ?? '', template.parts[i + 1] ?? '', scope);
    if (!written.ok) return written;
    text += written.value;
  }
  return ok(text);
}

/** As `renderText`, but a template that is one placeholder and nothing else keeps the type of its value. */
export function renderValue(template: Template, scope: Scope): Outcome<JsonValue, EvaluateError> {
  const only = typeof template === 'string' || template.parts.length !== 1 ? undefined : template.parts[0];
  if (only === undefined || typeof only === 'string') return renderText(template, scope);
  return placed(evaluate(only.expr, scope), only);
}

/**
 * Fills in the placeholders of which every mention is static, quoted as `renderText` would, and keeps the others.
 * Of those that read files it fills in only what `scope` can read. What is static but has no value is an error.
 * A template that is one placeholder and nothing else becomes text as well: take `renderValue` for values.
 */
export function foldTemplate(
  template: Template,
  scope: Scope,
  isStatic: (mention: Mention) => boolean,
): Outcome<Template, EvaluateError> {
  if (typeof template === 'string') return ok(template);
  const folded: Part[] = [];
  const add = (part: Part): void => {
    const last = folded[folded.length - 1];
    if (typeof part === 'string' && typeof last === 'string') folded[folded.length - 1] = last + part;
    else if (part !== '') folded.push(part);
  };
  for (const [i, part] of template.parts.entries()) {
    if (typeof part === 'string' || !isKnown(part, scope, isStatic)) {
      add(part);
      continue;
    }
    const written = renderPart(part, template.parts[i - 1] ?? '', template.parts[i + 1] ?? '', scope);
    if (!written.ok) return written;
    add(written.value);
  }
  if (folded.length === 0) return ok('');
  return ok(folded.length === 1 && typeof folded[0] === 'string' ? folded[0] : { parts: folded });
}

function isKnown(part: Placeholder, scope: Scope, isStatic: (mention: Mention) => boolean): boolean {
  if (scope.readJson === undefined && expressionReads(part.expr, part.position).length > 0) return false;
  return expressionMentions(part.expr, part.position).every(isStatic);
}

/** `before` and `after` are the neighbouring parts as they are in the template. */
function renderPart(
  part: Placeholder,
  before: Part,
  after: Part,
  scope: Scope,
): Outcome<string, EvaluateError> {
  const value = evaluate(part.expr, scope);
  return placed(value.ok ? write(value.value, part, before, after) : value, part);
}

function write(
  value: JsonValue,
  part: Placeholder,
  before: Part,
  after: Part,
): Outcome<string, EvaluateError> {
  // `inputs` holds a list for each glob: their elements are the words.
  if (part.quoting === 'bare' && isList(value)) return writeWords(flat(value), before, after);
  const text = textOf(value);
  if (!text.ok) return text;
  switch (part.quoting) {
    case 'raw':
      return text;
    case 'single':
      return ok(quoteInSingle(text.value));
    case 'double':
      return ok(quoteInDouble(text.value));
    case 'bare':
      return ok(quoteBare(text.value, lastCharacter(before), firstCharacter(after)));
  }
}

/** Several words can stand only where the placeholder is a word of its own, and no target of a redirection. */
function writeWords(list: readonly JsonValue[], before: Part, after: Part): Outcome<string, EvaluateError> {
  if (!startsWord(before) || !endsWord(after))
    return fail(
      trouble("a list can't be glued to other text, nor follow a redirection", "join it: join(…, ',')"),
    );
  const words: string[] = [];
  for (const [i, item] of list.entries()) {
    const text = textOf(item);
    if (!text.ok) return text;
    const isFirst = i === 0;
    const isLast = i === list.length - 1;
    words.push(
      quoteBare(text.value, isFirst ? lastCharacter(before) : ' ', isLast ? firstCharacter(after) : ' '),
    );
  }
  return ok(words.join(' '));
}

function lastCharacter(part: Part): string | null {
  return typeof part === 'string' ? part.slice(-1) : null;
}

function firstCharacter(part: Part): string | null {
  return typeof part === 'string' ? part.slice(0, 1) : null;
}

function startsWord(before: Part): boolean {
  if (typeof before !== 'string') return false;
  // A backslash at a line's end joins the lines; a blank behind a backslash belongs to a word.
  const text = before.replace(/(?:\\\n)+$/, '');
  if (text === '') return true;
  if (!/[ \t\n;&|(]$/.test(text) || /(?:^|[^\\])(?:\\\\)*\\.$/s.test(text)) return false;
  return !/[<>][|&]?$/.test(text.replace(/(?:[ \t]|\\\n)+$/, ''));
}

function endsWord(after: Part): boolean {
  return typeof after === 'string' && /^(?:\\\n)*(?:[ \t\n;&|)<>]|$)/.test(after);
}

function placed<T>(outcome: Outcome<T, EvaluateError>, { position }: Placeholder): Outcome<T, EvaluateError> {
  return outcome.ok ? outcome : fail({ ...outcome.error, position });
}

function flat(list: readonly JsonValue[]): readonly JsonValue[] {
  return list.flatMap((item) => (isList(item) ? flat(item) : [item]));
}
