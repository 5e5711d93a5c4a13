/**
 * Every code of the catalogue has an example that makes it, through the real binary and compared as a whole, and a
 * section of docs/errors.md; and there is no example, section or code besides. After a wanted change of a message:
 * `npx vitest run test/e2e/errors.test.ts -u`, and look at what git shows.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, CATALOGUE_GROUPS, type CatalogueEntry } from '../../src/pipeline/catalogue/index.ts';
import { errorsPage, play } from './support/error-example.ts';

const FIXTURES = fileURLToPath(new URL('fixtures/errors/', import.meta.url));
const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
const ENTRIES: readonly (readonly [string, CatalogueEntry])[] = Object.entries(CATALOGUE);

describe('the example of', () => {
  it.each(ENTRIES)('%s makes this message and no other', async (code, { severity, example }) => {
    const played = await play(example);
    await expect(played.transcript).toMatchFileSnapshot(join(FIXTURES, `${code}.txt`));
    expect([...new Set(played.codes)]).toEqual([code]);
    expect(played.exitCode).toBe(severity === 'error' ? 2 : 0);
    expect(played.changed).toEqual([]);
    if (played.transcript.startsWith('$ orch validate')) expect(played.hasState).toBe(false);
  });
});

it('no example is left of a code that is gone', () => {
  expect(readdirSync(FIXTURES).sort()).toEqual(ENTRIES.map(([code]) => `${code}.txt`).sort());
});

it('every code is used by the loader or by what checks a run', () => {
  const texts = ['pipeline', 'app'].flatMap((folder) => sourceTexts(join(SRC, folder)));
  expect(texts.length).toBeGreaterThan(50);
  expect(
    ENTRIES.map(([code]) => code).filter((code) => !texts.some((text) => text.includes(`'${code}'`))),
  ).toEqual([]);
});

it('the reference page has a row and a section for every code', async () => {
  const transcripts = new Map(
    ENTRIES.map(([code]) => [code, readFileSync(join(FIXTURES, `${code}.txt`), 'utf8')]),
  );
  await expect(errorsPage(CATALOGUE_GROUPS, transcripts)).toMatchFileSnapshot('../../docs/errors.md');
});

/** Without the catalogue itself. */
function sourceTexts(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'catalogue' ? [] : sourceTexts(path);
    return [readFileSync(path, 'utf8')];
  });
}
