/** Fills known values into texts: wholly, where the loader itself needs the result, or as far as it goes. */
import type { Template } from '../model/expression.ts';
import type { JsonValue, SourcePosition } from '../model/ids.ts';
import {
  type EvaluateError,
  expressionMentions,
  type FileRead,
  foldTemplate,
  type Mention,
  renderText,
  renderValue,
} from './expression/index.ts';
import type { PathPiece } from './paths.ts';
import type { Problems } from './problems.ts';
import { hasExpression } from './schema.ts';
import type { StaticScope } from './scope.ts';
import type { Span } from './source-file.ts';
import type { ReadText, Texts } from './texts.ts';
import type { MapEntry, ScalarNode, YamlNode } from './yaml-node.ts';

/** What texts mention, and which files they read. */
export interface Noted {
  readonly mentions: Mention[];
  readonly reads: FileRead[];
}

/** How values are filled in at one place of a pipeline. */
export interface Filling {
  readonly texts: Texts;
  readonly scope: StaticScope;
  readonly problems: Problems;
  /** The file of the texts. */
  readonly file: string;
  /** Gets what is mentioned. */
  readonly noted?: Noted;
  /** What the texts are for (as in `Problems.doubt`): where one is wrong, it is doubted. */
  readonly subject?: string;
}

/** What stays open is filled in when the task runs. null: the text is wrong, which is reported. */
export function fold(node: ScalarNode, reader: 'raw' | 'shell', filling: Filling): Template | null {
  const read = readAndNote(node, reader, filling);
  const folded = read === null ? null : foldPart(read.template, read, filling);
  // No program can be given one: neither in an argument nor in a variable.
  if (read !== null && folded !== null && hasNul(folded)) {
    filling.problems.error('bad-value', read.position, 'there is a NUL character in this text');
    return null;
  }
  return folded;
}

function hasNul(template: Template): boolean {
  if (typeof template === 'string') return template.includes('\0');
  return template.parts.some((part) => typeof part === 'string' && part.includes('\0'));
}

/** The same for a text that was read before, or for a part of it. */
export function foldPart(template: Template, read: ReadText, filling: Filling): Template | null {
  if (typeof template === 'string') return template;
  const folded = foldTemplate(template, filling.scope, filling.scope.isStatic);
  if (folded.ok) return folded.value;
  reportEvaluation(folded.error, template, read, filling);
  return null;
}

/** The text with every value filled in. null: it is wrong or not known yet, which is reported. */
export function fillText(node: ScalarNode, filling: Filling): string | null {
  const read = readKnown(node, filling);
  if (read === null) return null;
  if (typeof read.template === 'string') return read.template;
  const text = renderText(read.template, filling.scope);
  if (text.ok) return text.value;
  reportEvaluation(text.error, read.template, read, filling);
  return null;
}

/**
 * A path's pieces, values apart from the text of the file. A text that is one placeholder with a list gives a
 * path for each element.
 */
export function fillPath(node: ScalarNode, filling: Filling): readonly (readonly PathPiece[])[] {
  const read = readKnown(node, filling);
  if (read === null) return [];
  if (typeof read.template === 'string') return [[{ text: read.template, isValue: false }]];
  const { parts } = read.template;
  const pieces: PathPiece[] = [];
  for (const part of parts) {
    if (typeof part === 'string') {
      pieces.push({ text: part, isValue: false });
      continue;
    }
    const value = renderValue({ parts: [part] }, filling.scope);
    if (!value.ok) {
      reportEvaluation(value.error, read.template, read, filling);
      return [];
    }
    if (parts.length === 1 && Array.isArray(value.value))
      return value.value.map((each) => [{ text: String(each), isValue: true }]);
    if (typeof value.value === 'object') {
      const found = value.value === null ? 'nothing' : Array.isArray(value.value) ? 'a list' : 'a map';
      filling.problems.error(
        'bad-expression',
        part.position,
        `${part.source} is ${found}; a path needs a text`,
      );
      doubt(filling);
      return [];
    }
    pieces.push({ text: String(value.value), isValue: true });
  }
  return [pieces];
}

/** The node with every expression in it replaced by its value, in lists and maps too. null: reported. */
export function fillNode(node: YamlNode, filling: Filling): YamlNode | null {
  if (node.kind === 'scalar') {
    if (typeof node.value !== 'string' || !hasExpression(node.value)) return node;
    const read = readKnown(node, filling);
    if (read === null) return null;
    const value = renderValue(read.template, filling.scope);
    if (value.ok) return nodeOf(value.value, node.span);
    reportEvaluation(value.error, read.template, read, filling);
    return null;
  }
  const measured = { span: node.span, weight: node.weight, depth: node.depth };
  if (node.kind === 'list') {
    const items = node.items.map((item) => fillNode(item, filling));
    return items.includes(null) ? null : { ...measured, kind: 'list', items: items as YamlNode[] };
  }
  const entries = new Map<string, MapEntry>();
  for (const entry of node.entries.values()) {
    const value = fillNode(entry.value, filling);
    if (value !== null) entries.set(entry.key, { ...entry, value });
  }
  return entries.size < node.entries.size ? null : { ...measured, kind: 'map', entries };
}

function nodeOf(value: JsonValue, span: Span): YamlNode {
  const place = { span, weight: 1, depth: 1 };
  if (Array.isArray(value))
    return { ...place, kind: 'list', items: value.map((each: JsonValue) => nodeOf(each, span)) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, each]): [string, MapEntry] => [
      key,
      { key, keySpan: span, value: nodeOf(each, span) },
    ]);
    return { ...place, kind: 'map', entries: new Map(entries) };
  }
  const scalar = value as string | number | boolean | null;
  return { ...place, kind: 'scalar', value: scalar, source: scalar === null ? '' : String(scalar) };
}

/** Reads a text and notes what it mentions. */
export function readAndNote(node: ScalarNode, reader: 'raw' | 'shell', filling: Filling): ReadText | null {
  const { texts, noted } = filling;
  const read = texts.read(node, reader);
  if (read === null) {
    reportParts(texts.readableParts(node), filling);
    doubt(filling);
    return null;
  }
  noted?.mentions.push(...read.mentions);
  noted?.reads.push(...read.reads);
  return read;
}

function readKnown(node: ScalarNode, filling: Filling): ReadText | null {
  const mentions = filling.texts.read(node, 'raw')?.mentions ?? [];
  const open = mentions.filter((mention) => !filling.scope.isStatic(mention));
  if (open.length === 0) return readAndNote(node, 'raw', filling);
  for (const mention of open) {
    if (isConsequence([mention], filling)) continue;
    const { message, hint } = whyOpen(mention);
    filling.problems.error('not-static', mention.position, message, { hint });
  }
  doubt(filling);
  return null;
}

function whyOpen({ path }: Mention): { message: string; hint: string | null } {
  const [root = '', first] = path;
  const name = path.join('.');
  if (root === 'env' && first === undefined)
    return { message: 'env needs the name of a variable', hint: 'write env.NAME' };
  if (root === 'env')
    return { message: `${name} is known only when the task runs, and is needed before`, hint: null };
  if (root === 'needs' && first !== undefined && path[2] !== 'outputs')
    return {
      message: `${name} is known only when the task runs, and is needed before`,
      hint: 'only outputs that are no globs are known before',
    };
  if (root === 'needs')
    return {
      message: `${name} is not known here`,
      hint: `list ${first ?? 'the task'} in needs; outputs that are globs are known only when the task runs`,
    };
  if (root === 'inputs' || root === 'outputs')
    return {
      message: `${name} is not known here`,
      hint: 'inputs can be used in outputs, and both in run and env; globs are known only when the task runs',
    };
  return {
    message: `${name} is known only when the task runs, and is needed before`,
    hint: 'it can be used in run and env; what is needed before comes from params',
  };
}

/** Every placeholder by itself: one without a value must not hide the others. */
function reportEvaluation(whole: EvaluateError, template: Template, read: ReadText, filling: Filling): void {
  if (reportParts(template, filling)) return;
  report(whole, whole.position ?? read.position, filling);
}

/** Has something been wrong with one of them? */
function reportParts(template: Template, filling: Filling): boolean {
  if (typeof template === 'string') return false;
  const { scope } = filling;
  let isWrong = false;
  for (const part of template.parts) {
    if (typeof part === 'string') continue;
    const folded = foldTemplate({ parts: [part] }, scope, scope.isStatic);
    if (folded.ok) continue;
    isWrong = true;
    if (!isConsequence(expressionMentions(part.expr, part.position), filling))
      report(folded.error, part.position, filling);
    else doubt(filling);
  }
  return isWrong;
}

function report({ message, hint, missing }: EvaluateError, place: SourcePosition, filling: Filling): void {
  const code = missing === true ? 'unknown-name' : 'bad-expression';
  filling.problems.error(code, place, message, { hint: hint ?? null });
  doubt(filling);
}

/** Something that the text mentions has been found wrong: that it has no value says nothing new. */
function isConsequence(mentions: readonly Mention[], { scope, problems, file }: Filling): boolean {
  return mentions.some((mention) =>
    scope.subjectsOf(mention).some((subject) => problems.isDoubtful(file, subject)),
  );
}

function doubt({ problems, subject, file }: Filling): void {
  if (subject !== undefined) problems.doubt(file, subject);
}
