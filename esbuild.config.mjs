// Builds what `bin/orch` runs: a small start file and the one minified bundle that it loads, so that starting orch
// opens two files instead of hundreds. Parts behind `import()` stay unevaluated until they are needed. Beside the
// bundle lies V8's code cache of it, made by the Node that builds: another Node's is refused by V8 and left unused.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const outdir = process.argv[2] ?? 'dist';

mkdirSync(outdir, { recursive: true });
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  // `import('node:os')` becomes a lazy `require`: code run from a cached script has no module loader of its own.
  supported: { 'dynamic-import': false },
  define: { ORCH_VERSION: JSON.stringify(version), 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl=require('url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
};
await build({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  outfile: `${outdir}/main.cjs`,
});
await build({ ...common, entryPoints: ['src/cli/start.ts'], outfile: `${outdir}/orch.cjs` });
// What completion knows of the commands it needn't make anew for every word: they are asked for once, here.
const commands = execFileSync(process.execPath, [`${outdir}/main.cjs`, 'complete', '--describe'], {
  encoding: 'utf8',
});
await build({
  ...common,
  define: { ...common.define, ORCH_COMMANDS: commands },
  entryPoints: ['src/cli/complete-quickly.ts'],
  outfile: `${outdir}/complete.cjs`,
});

const wrapper = createRequire(import.meta.url)('node:module').wrap;
const script = new Script(wrapper(readFileSync(`${outdir}/main.cjs`, 'utf8')), { filename: 'main.cjs' });
writeFileSync(`${outdir}/main.cache`, script.createCachedData());

// The schema of pipeline files, for the modelines and settings of editors.
writeFileSync(`${outdir}/schema.json`, execFileSync(process.execPath, [`${outdir}/orch.cjs`, 'schema']));
