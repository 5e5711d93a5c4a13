/**
 * The scripts of a package.json as tasks that call them by the package manager, which knows their order (pre, post),
 * their PATH and their variables. They always run until someone says what they read; a comment guesses it.
 */
import type { Folder } from './folder.ts';
import { oneLine } from './orch-text.ts';
import { isRisky, type Note, pipelineName, type Starter, type StarterTask, taskNamer } from './starter.ts';

const LONG_RUNNING = /^(dev|start|serve|watch|preview|storybook)$|(^|[:_-])(dev|serve|watch)$|--watch\b/;
const BEGIN_WITH = ['build', 'compile', 'test', 'check', 'lint'];

export function npmStarter(folder: Folder, file: string): Starter {
  const manifest = readManifest(folder, file);
  const scripts = scriptsOf(manifest);
  const manager = packageManager(manifest, folder);
  const notes: Note[] = [];
  const note = (text: string) => notes.push({ at: file, text });
  const namer = taskNamer();
  const names = new Map<string, string>();
  const kept = Object.entries(scripts).filter(([name, text]) => {
    if (hookOf(name, scripts) !== null) return false;
    if (!/(^|[\s;&|(])orch\s/.test(text)) return true;
    note(`${name}: it calls orch itself`);
    return false;
  });
  for (const [name] of kept) names.set(name, namer(name));
  if ('workspaces' in manifest || folder.kindOf('pnpm-workspace.yaml') === 'file')
    note('workspaces: only the scripts of this package are here');
  const guess = guessFiles(folder);
  const tasks = kept.map(([script, text]): StarterTask => {
    const name = names.get(script)!;
    const hooks = [`pre${script}`, `post${script}`].filter((hook) => hook in scripts);
    const isEndless = LONG_RUNNING.test(script) || LONG_RUNNING.test(text);
    const comments = [
      ...(hooks.length > 0 ? [`${manager} runs ${hooks.join(' and ')} with it`] : []),
      ...(isEndless ? ['runs until it is stopped'] : []),
    ];
    return {
      name,
      ...(comments.length > 0 ? { comments } : {}),
      description: oneLine(text),
      run: `${manager} run ${script}`,
      cache: false,
      hints: isEndless ? [] : hintsFor(script, text, names, guess, folder),
    };
  });
  const first =
    BEGIN_WITH.map((script) => names.get(script)).find((name) => name !== undefined) ??
    kept.map(([script]) => script).find((script) => !LONG_RUNNING.test(script) && !isRisky(script));
  const renamed = kept.find(([script]) => names.get(script) !== script);
  return {
    kind: 'npm',
    from: file,
    name: pipelineName(typeof manifest['name'] === 'string' ? manifest['name'] : folder.root),
    default: first === undefined ? [] : [names.get(first) ?? first],
    lessons: [
      `A script always runs, as under ${manager}. Replace \`cache: false\` by what it reads and writes, as the comments`,
      'suggest: then it runs only when that changed, and comes back from the cache when you go back.',
      ...(renamed === undefined
        ? []
        : [
            `\`${manager} run ${renamed[0]}\` is \`orch run ${names.get(renamed[0])}\`: names have no \`:\` here.`,
          ]),
    ],
    params: [],
    tasks,
    notes,
  };
}

export function readManifest(folder: Folder, file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(folder.read(file) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function scriptsOf(manifest: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const scripts = manifest['scripts'];
  if (typeof scripts !== 'object' || scripts === null) return {};
  return Object.fromEntries(
    Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** By the field that says so, else by the lock file. */
export function packageManager(manifest: Readonly<Record<string, unknown>>, folder: Folder): string {
  const declared = /^(npm|pnpm|yarn|bun)@/.exec(String(manifest['packageManager'] ?? ''))?.[1];
  if (declared !== undefined) return declared;
  const locks = { pnpm: ['pnpm-lock.yaml'], yarn: ['yarn.lock'], bun: ['bun.lock', 'bun.lockb'] };
  const found = Object.entries(locks).find(([, names]) =>
    names.some((name) => folder.kindOf(name) === 'file'),
  );
  return found?.[0] ?? 'npm';
}

/** The script before or after which the package manager runs this one. */
function hookOf(name: string, scripts: Readonly<Record<string, string>>): string | null {
  const script = /^(?:pre|post)(.+)$/.exec(name)?.[1];
  return script !== undefined && script in scripts ? script : null;
}

interface Guess {
  readonly inputs: readonly string[];
  readonly outputs: string;
}

function guessFiles(folder: Folder): Guess {
  const here = folder.files().filter((path) => !path.includes('/'));
  const isConfig = (name: string) =>
    /^(package(-lock)?\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|tsconfig.*\.json|[\w.-]+\.config\.[cm]?[jt]s)$/.test(
      name,
    );
  const folders = ['src', 'lib', 'app', 'test', 'tests', 'public'].filter(
    (name) => folder.kindOf(name) === 'folder',
  );
  const sources = folders.length > 0 ? folders.map((name) => `${name}/`) : ['"*.{js,mjs,ts}"'];
  const configs = here.filter(isConfig);
  const tsconfig = /"outDir"\s*:\s*"(?:\.\/)?([^"]+)"/.exec(folder.read('tsconfig.json') ?? '')?.[1];
  const ignored = (folder.read('.gitignore') ?? '')
    .split('\n')
    .map((line) => line.trim().replace(/^\/|\/$/g, ''));
  const output = tsconfig ?? ['dist', 'build', 'out', 'lib'].find((name) => ignored.includes(name)) ?? 'dist';
  return {
    inputs: [...configs, ...sources].filter((path) => path !== `${output}/`),
    outputs: `${output.replace(/\/$/, '')}/`,
  };
}

function hintsFor(
  script: string,
  text: string,
  names: ReadonlyMap<string, string>,
  guess: Guess,
  folder: Folder,
): readonly string[] {
  const called = [...text.matchAll(/\b(?:npm|pnpm|yarn|bun) run(?:-script)? ([\w:.-]+)/g)].map(
    (match) => match[1]!,
  );
  const isOnlyCalls = /^\s*((npm|pnpm|yarn|bun) run(-script)? [\w:.-]+\s*(&&|$)\s*)+$/.test(text);
  const needs = called.flatMap((name) => names.get(name) ?? []);
  if (isOnlyCalls && needs.length === called.length)
    return [`needs: [${needs.join(', ')}]  # instead of run and cache: side by side, each only if needed`];
  // What removes files makes none, and has nothing to be up to date with.
  if (/^(clean|clear|purge|reset)\b|[:_-](clean|clear)$/.test(script)) return [];
  const named = text
    .split(/[\s;&|<>()"'=]+/)
    .filter((word) => /\w\.\w+$/.test(word) && folder.kindOf(word) === 'file');
  const isCovered = (path: string) => guess.inputs.some((input) => input === path || path.startsWith(input));
  const inputs = [...guess.inputs, ...new Set(named.filter((path) => !isCovered(path)))];
  const isBuild = /^(build|compile|bundle|dist)$/.test(script) || text.includes(guess.outputs.slice(0, -1));
  if (isBuild) return [`inputs: [${inputs.join(', ')}]`, `outputs: [${guess.outputs}]`];
  return /test|lint|check|type|format|style|audit/.test(script) ? [`inputs: [${inputs.join(', ')}]`] : [];
}
