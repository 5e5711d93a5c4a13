// Builds dist/orch.cjs: one minified CommonJS file, so that starting orch opens one file instead of hundreds.
// Parts behind `import()` stay unevaluated until they are needed.
import { mkdirSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

mkdirSync('dist', { recursive: true });
await build({
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/orch.cjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  keepNames: false,
  legalComments: 'none',
  define: { ORCH_VERSION: JSON.stringify(version), 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl=require('url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});
