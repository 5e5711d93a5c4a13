/**
 * The schema in a real editor's server (B12): what is offered while typing, what hovering shows, what is marked
 * and where. The modeline is the one that `orch init` writes. No network: the server is told of no schema store.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Editor, type EditorDiagnostic, startEditor } from '../support/language-server.ts';
import { makeProject } from '../support/project.ts';

const TAXI = fileURLToPath(new URL('../../pipelines/taxi.yaml', import.meta.url));

/** An editor with a file whose text is `text` without its `|`, which marks the place that is asked about. */
async function edit(text: string): Promise<{
  readonly found: readonly EditorDiagnostic[];
  readonly complete: () => Promise<readonly string[]>;
  readonly hover: () => Promise<string>;
}> {
  const project = makeProject();
  project.write('.orch.schema.json', (await project.orch(['schema'])).stdout);
  const editor: Editor = await startEditor(project.dir);
  const marked = `# yaml-language-server: $schema=.orch.schema.json\nversion: 1\n${text}`;
  const lines = marked.split('\n');
  const line = lines.findIndex((each) => each.includes('|'));
  const at = { line, character: lines[line]?.indexOf('|') ?? 0 };
  const path = project.path('orch.yaml');
  const found = await editor.open(path, marked.replace('|', ''));
  return { found, complete: () => editor.complete(path, at), hover: () => editor.hover(path, at) };
}

/** The marked texts and what is said of them. */
function marks(text: string, found: readonly EditorDiagnostic[]): readonly string[] {
  const lines = `# yaml-language-server: $schema=.orch.schema.json\nversion: 1\n${text}`.split('\n');
  return found
    .toSorted((a, b) => a.range.start.line - b.range.start.line)
    .map(({ range: { start, end }, message }) => {
      expect(start.line).toBe(end.line);
      return `${lines[start.line]!.slice(start.character, end.character)}: ${message}`;
    });
}

describe('an editor with the schema', () => {
  it('finds nothing wrong with the taxi pipeline, by its own modeline', async () => {
    const editor = await startEditor(fileURLToPath(new URL('../..', import.meta.url)));
    const text = readFileSync(TAXI, 'utf8');
    expect(await editor.open(TAXI, text)).toEqual([]);
    // Not for want of a schema: the same file with a slip is marked.
    const slip = text.replace('default: [deploy]', 'defaullt: [deploy]');
    expect(slip).not.toBe(text);
    expect((await editor.open(`${TAXI}.slip.yaml`, slip)).map(({ message }) => message)).toEqual([
      'Property defaullt is not allowed.',
    ]);
  });

  it('offers the fields of a task that it does not have yet', async () => {
    const { complete } = await edit('tasks:\n  train:\n    run: python train.py\n    |\n');
    const offered = await complete();
    for (const field of ['inputs', 'outputs', 'needs', 'matrix', 'retries', 'timeout', 'resources'])
      expect(offered).toContain(field);
    expect(offered).not.toContain('run');
    expect(offered).not.toContain('tasks');
  });

  it('offers the fields of a pipeline', async () => {
    const { complete } = await edit('|\ntasks: {}\n');
    const offered = await complete();
    for (const field of ['name', 'params', 'default', 'env', 'defaults', 'summary'])
      expect(offered).toContain(field);
    expect(offered).not.toContain('run');
  });

  it('offers the values of a choice', async () => {
    const { complete } = await edit('tasks:\n  t:\n    run: x\n    retries: {limit: 1, backoff: |}\n');
    expect(await complete()).toEqual(['fixed', 'linear', 'exponential']);
  });

  it.each([
    ['tasks:\n  t:\n    r|un: x\n', 'A shell line or script'],
    ['tasks:\n  t:\n    run: x\n    ou|tputs: [x]\n', 'Everything that the command writes'],
    ['tasks:\n  t|rain:\n    run: x\n', 'A task: a command'],
    ['tasks:\n  t:\n    run: x\n    retries: {limit: 1, jit|ter: true}\n', 'Shortens each delay'],
    ['par|ams: {month: 1}\ntasks: {}\n', 'Parameters'],
    ['params: {mon|th: 1}\ntasks: {}\n', 'orch run --NAME VALUE'],
  ])('explains the key under the pointer: %j', async (text, expected) => {
    expect(await (await edit(text)).hover()).toContain(expected);
  });

  it('marks wrong keys, values and types, each at its own place', async () => {
    const text = [
      'tasks:',
      '  train:',
      '    run: python train.py',
      '    inputz: [data.csv]',
      '    cache: maybe',
      '    retries: {limit: 1, backoff: quadratic}',
      '    timeout: [1]',
      '    outputs: [{pth: model.bin}]',
      'task: {}',
      '',
    ].join('\n');
    const { found } = await edit(text);
    expect(marks(text, found)).toEqual([
      'inputz: Property inputz is not allowed.',
      'maybe: Incorrect type. Expected "boolean".',
      'quadratic: Value is not accepted. Valid values: "fixed", "linear", "exponential".',
      '[1]: Incorrect type. Expected one of string, number, boolean.',
      '{pth: model.bin}: Incorrect type. Expected "string".',
      'task: Property task is not allowed.',
    ]);
  });
});
