/** Whatever the bytes: the loader answers with diagnostics or pipelines, and never throws. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { CATALOGUE } from '../../src/pipeline/catalogue/index.ts';
import { load } from './load-text.ts';

const SEED = `version: 1
name: taxi
default: [deploy]
params:
  year: {type: integer, default: 2023, min: 2009, description: Year}
  model: &model {max_depth: 6, rate: 0.1, names: [a, "b"]}
env: {A: "\${{ params.year }}", B: "\${{ env.HOME }}"}
defaults: {retries: 1, resources: {cpu: 1, memory: 4GB}}
header: ["\${{ params.year }}"]
finally: [cleanup]
x-base: &base {timeout: 5s}
tasks:
  extract:
    <<: *base
    matrix: {month: "\${{ range(1, 4) }}", exclude: [{month: 2}]}
    run: |
      get "\${{ params.year }}" -o \${{ outputs[0] }}
    outputs: ["raw/\${{ pad(matrix.month, 2) }}.parquet"]
    retries: {limit: 3, delay: 2s, backoff: exponential}
  train:
    run: train \${{ inputs.data }} \${{ needs.extract.outputs }} '\${{ params.model.rate }}'
    needs: [extract, {task: "extract[month=1]", order_only: true}]
    inputs: {data: raw/*.parquet, code: [train.py, "!x"]}
    outputs: {model: models/}
    metrics: [m.json]
    params: [model]
    shell: bash
  cleanup: {run: [rm, -f, "\${{ task }}"]}
  deploy: {needs: [train]}
`;

/** Pieces that mean something to YAML, to the schema or to expressions. */
const PIECES = [
  ...[
    '\t',
    '\n',
    '  ',
    ': ',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '*model',
    '!x ',
    '!!str ',
    '|\n',
    '>-\n',
    '"',
    "'",
    '#',
  ],
  ...[
    '<<: *model\n',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '__proto__: ',
    'constructor',
    '\0',
    '\uFEFF',
    '\r',
    '\u2028',
    '🎯',
    '\ud800',
    '~',
    'null',
  ],
  ...[
    '${{ ',
    ' }}',
    '${{ params.year }}',
    '${{ inputs }}',
    '${{ run.id }}',
    '${{ matrix',
    '1e999',
    '0x',
    '010',
    '99999999999999999999',
  ],
  ...[
    '../',
    '/',
    '**',
    '{a,b}',
    '\\',
    'train[',
    'extract[month=1]',
    'type: ',
    'needs: [deploy]',
    'run: ',
    'matrix: ',
    'true',
    '-1',
    '10m',
    '4G',
  ],
];

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat({ max: 40 }),
  insert: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8 }), fc.constant('')),
  repeat: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 200 })),
});

async function check(text: string | Uint8Array): Promise<void> {
  const { diagnostics, pipelines } = await load(text, { environment: { HOME: '/h' }, params: ['year=2024'] });
  const source = typeof text === 'string' ? text : new TextDecoder().decode(text);
  for (const diagnostic of diagnostics) {
    expect(CATALOGUE).toHaveProperty(diagnostic.code);
    expect(diagnostic.message).not.toContain('[object Object]');
    if (diagnostic.file !== null) {
      expect(diagnostic.line).toBeGreaterThan(0);
      expect(diagnostic.column).toBeGreaterThan(0);
    }
    expect(formatDiagnostic(diagnostic, { textOf: () => source }).length).toBeLessThan(20_000);
  }
  const hasErrors = diagnostics.some(({ severity, file }) => severity === 'error' && file !== null);
  expect(pipelines).toHaveLength(hasErrors ? 0 : 1);
}

describe('the loader', () => {
  test('takes the text that the mutations start from', async () => {
    const { diagnostics } = await load(SEED, { environment: { HOME: '/h' } });
    expect(diagnostics).toEqual([]);
  });

  test('survives every mutation of a pipeline', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 6 }), async (mutations) => {
        let text = SEED;
        for (const { at, remove, insert, repeat } of mutations) {
          const offset = Math.floor(at * text.length);
          text = text.slice(0, offset) + insert.repeat(repeat) + text.slice(offset + remove);
        }
        await check(text);
      }),
      { numRuns: 1_000 },
    );
  }, 120_000);

  test('survives values of any shape in any place', async () => {
    const fields = [
      'run',
      'inputs',
      'outputs',
      'metrics',
      'needs',
      'matrix',
      'retries',
      'resources',
      'env',
      'shell',
      'dir',
      'timeout',
      'params',
      'tools',
      'probe',
      'secrets',
      'labels',
      'cache',
      'priority',
    ];
    const top = [
      'name',
      'params',
      'env',
      'defaults',
      'header',
      'finally',
      'default',
      'cache',
      'allow_links',
      'tasks',
      'version',
    ];
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom<unknown>(
        '${{ params.p }}',
        '${{ inputs[0] }}',
        ['${{ matrix.a }}'],
        { path: '${{ task }}' },
        { a: [1, '${{ params.p }}'] },
      ),
    );
    const map = (names: readonly string[]) => fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(map(top), map(fields), map(fields), async (pipeline, a, b) => {
        const tasks = { a, b: { run: 'x', ...b } };
        await check(JSON.stringify({ version: 1, params: { p: 1 }, tasks, ...pipeline }));
      }),
      { numRuns: 1_000 },
    );
  }, 120_000);

  test('survives any bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), check), { numRuns: 300 });
  }, 60_000);
});
