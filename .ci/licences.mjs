#!/usr/bin/env node
// Writes docs/licences.md: the packages that the bundle holds or a run needs, from the lockfile, with their licences.
// `--print` writes to stdout. test/dependencies.test.ts holds the file equal to the lockfile.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { packages } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));

const lines = new Set();
for (const [path, { version, license, dev, optional }] of Object.entries(packages)) {
  if (path === '' || dev) continue;
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  lines.add(`| ${name} | ${version} | ${license ?? 'none stated'} | ${optional ? 'on its platform' : ''} |`);
}
const text = [
  '# Licences of runtime dependencies',
  '',
  'Made by `node .ci/licences.mjs` from package-lock.json; packages for development are not in it.',
  '',
  '| package | version | licence | installed |',
  '|---|---|---|---|',
  ...[...lines].sort(),
  '',
].join('\n');
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(at('docs/licences.md'), text);
