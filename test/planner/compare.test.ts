/** `compareManifests`: it finds what changes a key, and nothing else. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadHasher } from '../../src/base/digest.ts';
import { hashManifest } from '../../src/fingerprint/manifest.ts';
import type { StaleReason } from '../../src/model/decision.ts';
import type { KeyManifest, ManifestPart } from '../../src/model/manifest.ts';
import { compareManifests } from '../../src/planner/compare.ts';

beforeAll(async () => {
  await loadHasher();
});

function manifest(...parts: ManifestPart[]): KeyManifest {
  return { format: 1, parts };
}

const command = (value: string): ManifestPart => ({ part: 'command', value });
const input = (path: string, content: string, from: string | null = null): ManifestPart => ({
  part: 'input',
  path,
  content,
  executable: false,
  from,
});

const PART: fc.Arbitrary<ManifestPart> = fc.oneof(
  fc.record({ part: fc.constant('command' as const), value: fc.constantFrom('a', 'b\nc') }),
  fc.record({ part: fc.constant('dir' as const), value: fc.constantFrom('', 'sub') }),
  fc.record({
    part: fc.constant('param' as const),
    name: fc.constantFrom('x', 'y'),
    value: fc.constantFrom(1, '1', { a: 1, b: [2] }, { a: 2, b: [2] }),
  }),
  fc.record({
    part: fc.constant('env' as const),
    name: fc.constantFrom('x', 'y'),
    value: fc.constantFrom('', '1'),
  }),
  fc.record({
    part: fc.constant('need' as const),
    value: fc.constantFrom('k1', 'k2'),
    from: fc.constant('n'),
  }),
  fc.record({
    part: fc.constant('input' as const),
    path: fc.constantFrom('p', 'q'),
    content: fc.constantFrom('c', 'd'),
    executable: fc.boolean(),
    from: fc.constantFrom(null, 'up'),
  }),
);

/** No subject twice, and as the builder does, in a fixed order. */
const MANIFEST = fc
  .uniqueArray(PART, { selector: subject })
  .map((parts) => manifest(...parts.sort((a, b) => (subject(a) < subject(b) ? -1 : 1))));

function subject(part: ManifestPart): string {
  return `${part.part} ${'name' in part ? part.name : 'path' in part ? part.path : ''}`;
}

describe('compareManifests', () => {
  it('finds something exactly where the keys differ', () => {
    fc.assert(
      fc.property(MANIFEST, MANIFEST, (a, b) => {
        expect(compareManifests(a, b).length === 0).toBe(hashManifest(a) === hashManifest(b));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, KeyManifest, KeyManifest, StaleReason[]]>([
    [
      'a value before the command that mentions it',
      manifest(command('train 6'), { part: 'param', name: 'model', value: { depth: 6, rate: 1, old: true } }),
      manifest(command('train 8'), { part: 'param', name: 'model', value: { depth: 8, rate: 1, new: [] } }),
      [
        { why: 'param-changed', name: 'model.depth', from: 6, to: 8 },
        { why: 'param-changed', name: 'model.old', from: true },
        { why: 'param-changed', name: 'model.new', to: [] },
        {
          why: 'command-changed',
          lines: [{ line: 1, from: 'train 6', to: 'train 8' }],
          count: 1,
          isScript: false,
        },
      ],
    ],
    [
      'inputs that changed, came and went, and those that other tasks make',
      manifest(input('a', '1'), input('gone', '1'), input('made', '1', 'up')),
      manifest(input('a', '2'), input('new', '1', 'up'), input('made', '2', 'up')),
      [
        { why: 'input-added', path: 'new', by: 'up' },
        { why: 'input-removed', path: 'gone', by: null },
        { why: 'input-changed', path: 'a', from: '1', to: '2' },
        { why: 'upstream-changed', task: 'up', path: 'made', from: '1', to: '2' },
      ],
    ],
    [
      'a need by its key, not by its name',
      manifest(
        command('a'),
        { part: 'need', value: 'k1', from: 'old' },
        { part: 'need', value: 'k2', from: 'n' },
      ),
      manifest(
        command('a'),
        { part: 'need', value: 'k1', from: 'new' },
        { part: 'need', value: 'k3', from: 'n' },
      ),
      [{ why: 'need-changed', task: 'n', from: 'k2', to: 'k3' }],
    ],
  ])('%s', (_name, before, after, reasons) => {
    expect(compareManifests(before, after)).toEqual(reasons);
  });

  it('shows words given after -- behind the command, where they were typed', () => {
    const given = 'sort x\n-- ["--top","two words"]';
    expect(compareManifests(manifest(command('sort x')), manifest(command(given)))).toEqual([
      {
        why: 'command-changed',
        lines: [{ line: 1, from: 'sort x', to: 'sort x -- --top two words' }],
        count: 1,
        isScript: false,
      },
    ]);
  });

  it('keeps little of a command that was written anew', () => {
    const long = (word: string) =>
      Array.from({ length: 300 }, (_, at) => `${word}${at} ${'x'.repeat(10_000)}`);
    const [reason] = compareManifests(
      manifest(command(long('a').join('\n'))),
      manifest(command(long('b').join('\n'))),
    );
    expect(reason).toMatchObject({ why: 'command-changed', count: 300, isScript: true });
    expect(JSON.stringify(reason).length).toBeLessThan(300_000);
  });
});
