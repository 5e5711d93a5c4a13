// Bundles and runs `soak-main.ts`, which is TypeScript like the tests it is made of.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
// Beside the sources, so that packages and the built binary are found from there.
const folder = mkdtempSync(join(here, '.soak-'));
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
