/**
 * From bytes to YAML nodes, or to everything that is wrong with the text. It survives any input: size and
 * depth are bounded before anything recursive runs. It doesn't know what the YAML means.
 */
import type { Document } from 'yaml';
import { decodeUtf8 } from './decode-utf8.ts';
import { otherToolMessage, toolOfText } from './other-tools.ts';
import type { Problems } from './problems.ts';
import { makeSourceFile, type SourceFile } from './source-file.ts';
import { convertDocument, type YamlGuards } from './yaml-convert.ts';
import { mistakesBehind, type Opening } from './yaml-mistakes.ts';
import { MAX_DEPTH, type YamlNode } from './yaml-node.ts';

/** 10,000 hand-written tasks fit; parsing that much takes some seconds, and nothing below hangs. */
export const MAX_FILE_BYTES = 8_000_000;

export interface YamlFile {
  readonly source: SourceFile;
  /** null where the text couldn't be read; the reason is among the problems. */
  readonly root: YamlNode | null;
  /** Offsets of what couldn't be read and is left out of it. */
  readonly leftOut: readonly number[];
}

/** `yaml` is loaded by the caller, lazily: it takes 8 ms, and a stored plan needs none of it. */
export type YamlLibrary = YamlGuards & Pick<typeof import('yaml'), 'Composer' | 'Lexer' | 'Parser'>;

/** Never throws; reports to `problems`. */
export function readYaml(path: string, bytes: Uint8Array, yaml: YamlLibrary, problems: Problems): YamlFile {
  const unreadable = { source: makeSourceFile(path, ''), root: null, leftOut: [] };
  if (bytes.length > MAX_FILE_BYTES) {
    problems.error(
      'too-large',
      { file: path, line: 1, column: 1 },
      `the file has ${bytes.length} bytes; the limit for a pipeline is ${MAX_FILE_BYTES} bytes`,
      { hint: 'split it into several pipelines, or let a matrix make the tasks' },
    );
    return unreadable;
  }
  const text = decodeUtf8(bytes);
  if (!text.ok) {
    const { offset, line, column, hint } = text.error;
    problems.error('not-utf8', { file: path, line, column }, `not UTF-8: invalid byte at offset ${offset}`, {
      hint,
    });
    return unreadable;
  }
  // A lone CR is a line break of YAML, which the library doesn't know.
  const source = makeSourceFile(path, text.value.replace(/\r(?!\n)/g, '\n'));
  const control = CONTROL.exec(source.text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(4, '0');
    const place = source.position({ start: control.index, end: control.index });
    problems.error(
      'control-character',
      place,
      `control character U+${code.toUpperCase()}, which YAML forbids`,
      { hint: `remove it, or write "\\x${code.slice(2)}" in double quotes` },
    );
    return { source, root: null, leftOut: [] };
  }
  const document = parse(source, yaml, problems);
  return document === null
    ? { source, root: null, leftOut: [] }
    : { source, ...convertDocument(document, yaml, source, problems) };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Lexemes that are or hold what was opened. */
const OPENING = /^(["']|[[\]{}]$)/;

function parse(source: SourceFile, yaml: YamlLibrary, problems: Problems): Document | null {
  const parser = new yaml.Parser();
  const composer = new yaml.Composer({
    version: '1.2',
    schema: 'core',
    // Both its own check, which is quadratic, and its key comparison, which tells 1 from "1", are replaced.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const tokens = [];
  const marks: { offset: number; text: string }[] = [];
  for (const lexeme of new yaml.Lexer().lex(source.text)) {
    if (OPENING.test(lexeme)) marks.push({ offset: parser.offset, text: lexeme });
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The parser keeps its own stack and so can't overflow the call stack; what comes after it recurses.
    if (parser.stack.length > MAX_DEPTH) {
      const place = source.position({ start: parser.offset, end: parser.offset });
      problems.error('too-deep', place, `nested deeper than ${MAX_DEPTH} levels`);
      return null;
    }
  }
  for (const token of parser.end()) tokens.push(token);

  const documents: Document[] = [];
  for (const document of composer.compose(tokens, true, source.text.length))
    documents.push(document as Document);
  const [document, second] = documents;
  if (document === undefined) return null;
  const errors = documents.flatMap((each) => each.errors);
  if (errors.length > 0 && refuseOtherTool(source, problems)) return null;
  if (errors.length > 0)
    for (const mistake of mistakesBehind(errors, openingsIn(marks, source.text.length), source))
      problems.error(mistake.code, source.position(mistake.span), mistake.message, mistake);
  if (second !== undefined) {
    const start = second.range?.[0] ?? 0;
    const hint =
      'one pipeline is one file: remove the --- or ... line, or move the rest into a file of its own';
    problems.error('multiple-documents', source.position({ start, end: start }), 'a second YAML document', {
      hint,
    });
  }
  const version = document.directives?.yaml.version;
  if (version !== undefined && version !== '1.2') {
    const message = `YAML ${version} is asked for, and pipelines are YAML 1.2`;
    problems.error('bad-yaml', { file: source.path, line: 1, column: 1 }, message, {
      hint: 'remove the %YAML line',
    });
  }
  if (errors.length > 0 || second !== undefined) return null;
  // The library's node for nothing, as after a lone `---`, is a scalar.
  if (document.contents === null || document.contents.range?.[0] === document.contents.range?.[1]) {
    const hint = 'a pipeline has at least `version: 1` and `tasks:`';
    problems.error('empty-file', { file: source.path, line: 1, column: 1 }, 'the file is empty', { hint });
    return null;
  }
  return document;
}

/** Something that isn't even meant as YAML: its first syntax error would say nothing. */
function refuseOtherTool(source: SourceFile, problems: Problems): boolean {
  const tool = toolOfText(source.path, source.text);
  if (tool === null) return false;
  problems.error('other-tool', source.position(tool.span), otherToolMessage(tool), { hint: tool.hint });
  return true;
}

/** Quotes and brackets, found while the text is cut into lexemes; an error about one points at where it was opened. */
function openingsIn(
  lexemes: readonly { readonly offset: number; readonly text: string }[],
  length: number,
): readonly Opening[] {
  const openings: Opening[] = [];
  const open: { offset: number; end: number; isClosed: boolean }[] = [];
  for (const { offset, text } of lexemes) {
    const first = text[0]!;
    if (first === '"' || first === "'") {
      const isClosed = text.length > 1 && text.endsWith(first);
      openings.push({ offset, end: offset + text.length, isClosed });
    } else if (text === '[' || text === '{') {
      const opening = { offset, end: length, isClosed: false };
      open.push(opening);
      openings.push(opening);
    } else if (text === ']' || text === '}') {
      const opening = open.pop();
      if (opening !== undefined) Object.assign(opening, { end: offset + 1, isClosed: true });
    }
  }
  return openings;
}
