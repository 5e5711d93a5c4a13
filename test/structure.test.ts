/**
 * The floors of src/: a file imports only from a lower floor or from its own folder, types included; no
 * import cycles. Read by dependency-cruiser, which must have read something: it has been seen to read nothing
 * and be content.
 */
import { readdirSync } from 'node:fs';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { expect, test } from 'vitest';

const FLOORS: readonly (readonly string[])[] = [
  ['base'],
  ['model'],
  ['pipeline', 'fingerprint', 'cache', 'state', 'planner', 'executors', 'reporters'],
  ['operators', 'notifications', 'scheduler', 'starters'],
  ['app'],
  ['triggers', 'server'],
  ['cli'],
];

function floorOf(folder: string): number {
  return FLOORS.findIndex((folders) => folders.includes(folder));
}

function folderOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

async function readModules(): Promise<ICruiseResult['modules']> {
  const { output } = await cruise(
    ['src'],
    { tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
    undefined,
    { tsConfig: extractTSConfig('tsconfig.json') },
  );
  return (output as ICruiseResult).modules;
}

test('every folder of src/ has a floor', () => {
  const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).filter((name) => floorOf(name) === -1)).toEqual([]);
});

test('files import only from lower floors or their own folder, and never in a circle', async () => {
  const modules = (await readModules()).filter(({ source }) => folderOf(source) !== null);
  expect(modules.length).toBeGreaterThan(50);
  const dependencies = modules.flatMap(({ source, dependencies: all }) =>
    all.map((each) => ({ source, ...each })),
  );
  expect(dependencies.length).toBeGreaterThan(modules.length);
  const wrong = dependencies.filter(({ source, resolved }) => {
    const from = folderOf(source);
    const to = folderOf(resolved);
    return from !== null && to !== null && from !== to && floorOf(to) >= floorOf(from);
  });
  expect(wrong.map(({ source, resolved }) => `${source} -> ${resolved}`)).toEqual([]);
  const unresolved = dependencies.filter(({ couldNotResolve }) => couldNotResolve);
  expect(unresolved.map(({ source, module }) => `${source} -> ${module}`)).toEqual([]);
  const circular = dependencies.filter((each) => 'circular' in each && each.circular);
  expect(circular.map(({ source, resolved }) => `${source} -> ${resolved}`)).toEqual([]);
}, 60_000);
