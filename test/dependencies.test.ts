/** What is installed with orch: licences that bind nobody, no programs run by installing, no address of a registry. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

const lockText = readFileSync('package-lock.json', 'utf8');
const { packages } = JSON.parse(lockText) as { packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([path]) => path !== '');

/** Those that ask for no more than their notice. */
const PERMISSIVE = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Unlicense',
  'CC0-1.0',
]);

/**
 * Of development. esbuild's checks that the binary for this platform, a locked package of its own, was installed; it
 * downloads only where npm was told to leave optional packages out.
 */
const WITH_SCRIPTS = [
  'node_modules/esbuild',
  'node_modules/fsevents',
  'node_modules/vite/node_modules/esbuild',
];

describe('dependencies', () => {
  it('at run time have permissive licences, each of them', () => {
    const runtime = installed.filter(([, { dev }]) => dev !== true);
    expect(runtime.length).toBeGreaterThan(10);
    expect(runtime.filter(([, { license }]) => !PERMISSIVE.has(license ?? '')).map(([path]) => path)).toEqual(
      [],
    );
  });

  it('are listed in docs/licences.md as the lockfile has them', () => {
    const made = execFileSync(process.execPath, ['.ci/licences.mjs', '--print'], { encoding: 'utf8' });
    expect(readFileSync('docs/licences.md', 'utf8'), 'make it anew: node .ci/licences.mjs').toBe(made);
  });

  it('run nothing when they are installed, but for known ones of development', () => {
    const scripts = installed.filter(([, each]) => each.hasInstallScript === true);
    expect(
      scripts.filter(([path, { dev }]) => dev !== true || !WITH_SCRIPTS.includes(path)).map(([path]) => path),
    ).toEqual([]);
  });

  it('are locked by name, version and hash, without the address they came from', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
    const addresses = lockText.match(/(?:https?|git|ssh|file):[^"\s]*/g) ?? [];
    // Where packages ask for money.
    const others = addresses.filter((each) => !isFunding(each));
    expect(others).toEqual([]);
    expect(readFileSync('.npmrc', 'utf8')).not.toMatch(/registry\s*=|_auth|token/i);
  });
});

function isFunding(address: string): boolean {
  return installed.some(([, each]) =>
    JSON.stringify((each as { funding?: unknown }).funding ?? '').includes(address),
  );
}
