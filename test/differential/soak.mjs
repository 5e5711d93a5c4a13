// Bundles and runs `soak-main.ts`, which is TypeScript like the tests it is made of.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
// From there packages are found, and no tool takes it for a source.
const folder = mkdtempSync(join(here, '../../node_modules/.soak-'));
const outfile = join(folder, 'soak.mjs');
try {
  await build({
    entryPoints: [join(here, 'soak-main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const bundle = fileURLToPath(new URL('../../dist/orch.cjs', import.meta.url));
  const run = spawnSync(process.execPath, [outfile, '--bundle', bundle, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
