/**
 * Builds orch with a bug put in on purpose, to show that the differential test sees it: one snippet of one source
 * file is replaced on its way into the bundle, nothing in `src/` changes. A snippet that isn't there exactly
 * once stops the build, so that the bugs can't silently go stale when the source moves on.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

export interface PlantedBug {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Writes the bundle to `outfile`, built as `esbuild.config.mjs` does but readable. Throws where a snippet is missing. */
export async function buildWith(bug: PlantedBug, outfile: string): Promise<void> {
  const left = new Set(bug.edits.map((edit) => edit.file));
  const plant: Plugin = {
    name: 'plant-a-bug',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const edits = bug.edits.filter((edit) => join(ROOT, edit.file) === path);
        if (edits.length === 0) return undefined;
        let contents = readFileSync(path, 'utf8');
        for (const { file, find, replace } of edits) {
          const parts = contents.split(anyWhiteSpace(find));
          if (parts.length !== 2)
            throw new Error(`${bug.name}: the snippet is ${parts.length - 1} times in ${file}: ${find}`);
          contents = parts.join(replace);
          left.delete(file);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    define: { ORCH_VERSION: '"0.0.0-planted"', 'import.meta.url': '__importMetaUrl' },
    banner: { js: "const __importMetaUrl=require('url').pathToFileURL(__filename).href;" },
    logLevel: 'silent',
    plugins: [plant],
  });
  if (left.size > 0) throw new Error(`${bug.name}: not part of the bundle: ${[...left].join(', ')}`);
}

/** The snippet however the formatter breaks its lines. */
function anyWhiteSpace(snippet: string): RegExp {
  const words = snippet.trim().split(/\s+/);
  return new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s+'));
}

/** `shows`: what the differential test must complain of. */
export const PLANTED_BUGS: readonly (PlantedBug & { readonly shows: RegExp })[] = [
  {
    name: 'the stat cache looks at size and inode only, not at mtime and ctime',
    shows: /didn't run: /,
    edits: [
      {
        file: 'src/fingerprint/stat-cache.ts',
        find: `      columns[count + at] === stats.mtimeMs &&
      columns[2 * count + at] === stats.ctimeMs &&
`,
        replace: '',
      },
    ],
  },
  {
    name: 'outputs on disk are believed to be there and right',
    shows: /: expected ".*", found (absent|")/,
    edits: [
      {
        file: 'src/planner/decide.ts',
        find: 'const disk = request.disk(result);',
        replace: 'const disk: DiskState = { absent: [], wrong: [], surplus: [] };',
      },
    ],
  },
  {
    name: 'the key leaves out the parameters',
    shows: /didn't run: /,
    edits: [
      {
        file: 'src/fingerprint/manifest.ts',
        find: 'sortedEntries(task.params)',
        replace: 'sortedEntries({} as typeof task.params)',
      },
    ],
  },
  {
    name: 'an upstream task that ran makes its dependents run, whatever it made',
    shows: /ran, but must not: /,
    edits: [
      {
        file: 'src/scheduler/input-part.ts',
        find: 'content: entry.digest, executable: entry.executable, from, made };',
        replace:
          "content: entry.digest + ((maker as any).key ?? ''), executable: entry.executable, from, made };",
      },
    ],
  },
  {
    name: 'a restored content is not checked against its digest',
    shows: /didn't run: |: expected ".*", found "/,
    edits: [
      {
        file: 'src/cache/checked-copy.ts',
        find: 'if (hasher.digestBytes(bytes) !== request.digest) return false;',
        replace: '',
      },
    ],
  },
];
