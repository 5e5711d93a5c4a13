/**
 * Cuts a text into what stands there literally and its `${{ }}` placeholders. `$${{` stands for the text `${{`.
 * Knows nothing of YAML: its caller says where in a file an offset of the text lies.
 */
import { fail, type Outcome, ok } from '../../base/outcome.ts';
import type { Expr, Placeholder, Template } from '../../model/expression.ts';
import type { SourcePosition } from '../../model/ids.ts';
import type { TemplateError } from './errors.ts';
import { parseSource } from './parse.ts';
import { readShell } from './shell-reader.ts';
import type { ShellReading, ShellSpot } from './shell-scan.ts';
import { endOfPlaceholder } from './tokens.ts';
import { insteadOf } from './variable-name.ts';

export interface TemplateOptions {
  /** The place of an offset (in UTF-16 units) of the text, and of what follows it up to another one. */
  readonly at: (offset: number, end?: number) => SourcePosition;
  /** Who reads the rendered text: `shell` is sh, dash, bash; `raw` is nobody to whom characters have a meaning. */
  readonly reader: 'raw' | 'shell';
}

/** No argument of a command can be as long on Linux (128 KiB). */
const MAX_LENGTH = 1_000_000;

/**
 * A text without placeholders comes back as a string. All errors come together: wrong expressions, and with the
 * reader `shell` every placeholder that can't be guaranteed to stay one word with nothing executed.
 */
export function parseTemplate(
  text: string,
  options: TemplateOptions,
): Outcome<Template, readonly TemplateError[]> {
  if (!text.includes('${{')) return ok(text);
  if (text.length > MAX_LENGTH)
    return fail([
      { message: `a text with placeholders has at most ${MAX_LENGTH} characters`, position: options.at(0) },
    ]);
  const endOf = (offset: number) => endOfPlaceholder(text, offset + 3) ?? text.length;
  const { spots, unclosed } = options.reader === 'shell' ? readShell(text, endOf) : readRaw(text, endOf);
  const errors: TemplateError[] = [];
  const parts: (string | Placeholder)[] = [];
  let literal = '';
  let at = 0;
  for (const spot of spots) {
    literal += text.slice(at, spot.offset);
    at = spot.end;
    if (spot.kind === 'escape') {
      literal += '${{';
      continue;
    }
    const expr = readSpot(text, spot, options.at);
    if (!expr.ok) {
      errors.push(expr.error);
      continue;
    }
    if (literal !== '') parts.push(literal);
    literal = '';
    const { quoting } = spot;
    parts.push({
      expr: expr.value,
      quoting,
      position: options.at(spot.offset, spot.end),
      source: text.slice(spot.offset, spot.end),
    });
  }
  literal += text.slice(at);
  if (unclosed !== null && spots.some((spot) => spot.kind === 'placeholder'))
    errors.push({ message: `${unclosed.what} is never closed`, position: options.at(unclosed.offset) });
  if (errors.length > 0) return fail(errors);
  if (parts.length === 0) return ok(literal);
  return ok({ parts: literal === '' ? parts : [...parts, literal] });
}

function readSpot(
  text: string,
  spot: ShellSpot & { kind: 'placeholder' },
  at: TemplateOptions['at'],
): Outcome<Expr, TemplateError> {
  const inside = spot.offset + 3;
  if (endOfPlaceholder(text, inside) === null)
    return fail({
      message: 'this placeholder is never closed',
      position: at(spot.offset),
      hint: 'it ends with }}, outside quotes; a literal ${{ is written $${{',
    });
  const parsed = parseSource(text.slice(inside, spot.end - 2));
  if (!parsed.ok) {
    const { at: offset, end = offset, ...rest } = parsed.error;
    return fail({ ...rest, position: at(inside + offset, inside + end) });
  }
  if (spot.refusal === null) return parsed;
  return fail({
    kind: 'unquotable',
    message: `a placeholder can't stand ${spot.refusal}`,
    position: at(spot.offset, spot.end),
    hint: insteadOf(parsed.value, text.slice(spot.offset, spot.end)),
  });
}

function readRaw(text: string, endOf: (offset: number) => number): ShellReading {
  const spots: ShellSpot[] = [];
  for (let at = text.indexOf('${{'); at !== -1; at = text.indexOf('${{', at)) {
    if (text[at - 1] === '$' && at - 1 >= (spots[spots.length - 1]?.end ?? 0)) {
      spots.push({ kind: 'escape', offset: at - 1, end: at + 3 });
      at += 3;
    } else {
      spots.push({ kind: 'placeholder', offset: at, end: endOf(at), quoting: 'raw', refusal: null });
      at = endOf(at);
    }
  }
  return { spots, unclosed: null };
}
