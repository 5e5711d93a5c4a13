import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';

// What the build puts in its place.
vi.stubGlobal('ORCH_VERSION', '0.0.0');
const { reportBug } = await import('../../src/cli/bug-report.ts');

function thrown(act: () => never): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

test('whatever is thrown, the report is one line and a file, and reporting never throws', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orch-report-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  onTestFinished(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const errors: readonly unknown[] = [
    thrown(() => {
      throw new RangeError(`${'x'.repeat(10_000)}\nsecond line`);
    }),
    new AggregateError([new Error('one'), new Error('two')], ''),
    undefined,
    null,
    'a text\nof two lines',
    circular,
    Object.assign(new Error('no stack'), { stack: undefined }),
  ];
  for (const error of errors) {
    const line = reportBug(error, ['run']);
    expect(line).toMatch(/^orch: internal error: [^\n]*please report it with the file [^\n]*$/);
    expect(line.length).toBeLessThan(500);
  }
  const reports = readdirSync(folder).map((name) => readFileSync(join(folder, name, 'report.txt'), 'utf8'));
  expect(reports).toHaveLength(errors.length);
  for (const wanted of ['RangeError: xxx', '[errors]', 'Error: two'])
    expect(reports.some((text) => text.includes(wanted))).toBe(true);
});
