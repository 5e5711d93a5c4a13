/** The README's table of guarantees names tests that are there. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

it('every promise is shown by tests that exist', () => {
  const readme = readFileSync(`${ROOT}README.md`, 'utf8');
  const table = readme.slice(readme.indexOf('| promise | tests |'), readme.indexOf('Not promised:'));
  const rows = table
    .split('\n')
    .slice(2)
    .filter((line) => line.startsWith('|'));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const names = [...row.split('|')[2]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
    expect(names, row).not.toEqual([]);
    for (const name of names) {
      const paths = [name.replace(/\/\*$/, ''), `${name}.test.ts`].map((path) => `${ROOT}test/${path}`);
      expect(paths.some(existsSync), name).toBe(true);
    }
  }
});
