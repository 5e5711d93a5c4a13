/**
 * Whatever stands in another tool's file, the pipeline that is made of it loads without errors: files of the
 * fixtures are mangled line by line and character by character. Nothing is run.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadPipelines } from '../../src/pipeline/load.ts';
import { readStarter } from '../../src/starters/find-starters.ts';
import { openFolder } from '../../src/starters/folder.ts';
import { settle } from '../../src/starters/settle.ts';
import type { StarterKind } from '../../src/starters/starter.ts';
import { makeProject } from '../support/project.ts';

const FIXTURES = fileURLToPath(new URL('../e2e/fixtures/init/', import.meta.url));

const FILES: readonly (readonly [string, StarterKind, string])[] = [
  ['makefile-c', 'makefile', 'Makefile'],
  ['makefile-data', 'makefile', 'GNUmakefile'],
  ['dvc', 'dvc', 'dvc.yaml'],
  ['dvc', 'dvc', 'params.yaml'],
  ['taskfile', 'taskfile', 'Taskfile.yml'],
  ['snakemake', 'snakemake', 'Snakefile'],
  ['turbo', 'turbo', 'turbo.json'],
  ['justfile', 'justfile', 'justfile'],
  ['npm', 'npm', 'package.json'],
  ['python', 'python', '2_clean.py'],
  ['shell', 'shell', '2_report.sh'],
  ['notebooks', 'notebooks', 'notebooks/1_prepare.ipynb'],
];

/** What a slip of the hand, a merge or another file's style may do to lines. */
const edit = fc.tuple(
  fc.constantFrom('drop', 'double', 'swap', 'insert', 'cut', 'indent', 'rename') as fc.Arbitrary<
    'drop' | 'double' | 'swap' | 'insert' | 'cut' | 'indent' | 'rename'
  >,
  fc.nat(),
  fc.nat(),
  fc.constantFrom(
    ...[
      '$',
      '${{',
      '}}',
      '{',
      '"',
      "'",
      '`',
      ':',
      '%',
      '*',
      '../',
      '!',
      '\\',
      '#',
      '{{',
      '$(',
      ' ',
      'ü',
      '<<E',
    ],
    '[',
    '(',
  ),
);

function mangle(text: string, edits: readonly (readonly [string, number, number, string])[]): string {
  const lines = text.split('\n');
  for (const [how, at, other, insertion] of edits) {
    const a = at % lines.length;
    const b = other % lines.length;
    const line = lines[a] ?? '';
    const column = other % (line.length + 1);
    switch (how) {
      case 'drop':
        lines.splice(a, 1);
        break;
      case 'double':
        lines.splice(b, 0, line);
        break;
      case 'swap':
        [lines[a], lines[b]] = [lines[b] ?? '', line];
        break;
      case 'insert':
        lines[a] = line.slice(0, column) + insertion + line.slice(column);
        break;
      case 'cut':
        lines[a] = line.slice(0, column);
        break;
      case 'indent':
        lines[a] = other % 2 === 0 ? ` ${line}` : line.slice(1);
        break;
      case 'rename':
        lines[a] = line.replace(/[a-z]{3,}/, 'output');
        break;
    }
    if (lines.length === 0) lines.push('');
  }
  return lines.join('\n');
}

describe('a starter from a mangled file loads', () => {
  test.each(FILES)('%s: %s %s', async (fixture, kind, file) => {
    const project = makeProject();
    cpSync(join(FIXTURES, fixture, 'project'), project.dir, { recursive: true });
    const original = readFileSync(project.path(file), 'utf8');
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
        writeFileSync(project.path(file), mangle(original, edits));
        const folder = openFolder(project.dir);
        const starter = await readStarter(folder, kind);
        if (starter === null) return;
        const reservedFlags = ['--output', '--force', '--jobs'];
        const { text } = await settle({
          starter,
          folder,
          file: 'orch.yaml',
          schema: 's.json',
          reservedFlags,
        });
        const { diagnostics } = await loadPipelines({
          root: project.dir,
          rootPath: project.dir,
          files: [{ path: 'orch.yaml', text: Buffer.from(text) }],
          environment: {},
          params: [],
          today: '2020-01-01',
          reservedFlags,
        });
        expect(
          diagnostics.filter(({ code }) => code !== 'pipe-status-lost'),
          text,
        ).toEqual([]);
      }),
      { numRuns: Number(process.env['ORCH_TEST_RUNS'] ?? 25) },
    );
  });
});
