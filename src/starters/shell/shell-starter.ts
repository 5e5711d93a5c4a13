/** A folder of shell scripts as a pipeline: a task for each that no other calls. Executes nothing of it. */
import { posix } from 'node:path';
import type { Folder } from '../folder.ts';
import { lastSteps, type Step, stepTasks } from '../python/steps.ts';
import { isRisky, type Note, pipelineName, type Starter } from '../starter.ts';
import { type ScriptUse, scriptUse } from './script-use.ts';

/** Where scripts are looked for, the first that has some. */
const FOLDERS = ['', 'scripts', 'steps', 'stages', 'pipeline', 'jobs', 'bin'];
/** They prepare a machine or start a program; no step of a pipeline. */
const NO_STEPS =
  /^(activate|entrypoint|docker[-_]entrypoint|env|environment|lib|common|utils?|helpers?|functions|aliases|bashrc|configure|completions?|install|uninstall|setup|bootstrap)\.\w+$/;

/** The folder whose scripts look like steps: '.' for the root, null for none. */
export function findShellScripts(folder: Folder): string | null {
  const found = FOLDERS.find((within) => scriptsIn(folder, within).length > 0);
  return found === undefined ? null : found || '.';
}

function scriptsIn(folder: Folder, within: string): readonly string[] {
  return folder
    .files()
    .filter(
      (path) =>
        /\.(sh|bash|zsh)$/.test(path) &&
        posix.dirname(path) === (within || '.') &&
        !NO_STEPS.test(posix.basename(path)),
    );
}

export function shellStarter(folder: Folder, found: string): Starter {
  const within = found === '.' ? '' : found;
  const paths = scriptsIn(folder, within);
  const textOf = (path: string) => folder.read(path) ?? '';
  const baseOf = (path: string) =>
    /^\s*cd\s+["']?(\$\(dirname|\$\{0%\/\*\}|\$\{BASH_SOURCE)/m.test(textOf(path)) ? within : '';
  const usesWith = (isMade: (path: string) => boolean) =>
    new Map(
      paths.map((path) => {
        const isFile = (file: string) => {
          const inRoot = posix.join(baseOf(path), file);
          return folder.kindOf(inRoot) === 'file' || isMade(inRoot);
        };
        return [path, scriptUse(textOf(path), isFile)];
      }),
    );
  const first = usesWith(() => false);
  const made = new Set(
    paths.flatMap((path) => [...first.get(path)!.writes].map((file) => posix.join(baseOf(path), file))),
  );
  const uses = usesWith((path) => made.has(path));

  const named = (path: string, words: readonly string[]) =>
    words.flatMap((word) => {
      const name = posix.basename(word.replace(/^.*[$}"')`]\//, ''));
      const place = [posix.dirname(path), '.'].map((dir) =>
        posix.join(dir, word.includes('$') ? name : word),
      );
      return place.find((file) => file !== path && folder.kindOf(file) === 'file') ?? [];
    });
  const sourced = new Set(paths.flatMap((path) => named(path, uses.get(path)!.sourced)));
  const notes: Note[] = [];
  const steps = paths.flatMap((path): Step[] => {
    const use = uses.get(path)!;
    const others = named(path, use.calls);
    if (sourced.has(path)) return [];
    if (others.length > 1 && others.every((other) => paths.includes(other))) {
      notes.push({ at: path, text: 'it runs the others, as orch does now' });
      return [];
    }
    const program = /^#!.*\b(bash|zsh|ksh|dash|sh)\b/.exec(textOf(path))?.[1] ?? programOf(path);
    return [
      {
        path,
        base: baseOf(path),
        use: withCalls(use, others),
        modules: named(path, use.sourced),
        run: `${program} \${{ inputs[0] }}`,
        dir: '',
        outputs: [],
      },
    ];
  });
  const tasks = stepTasks(steps, folder);
  const last = lastSteps(tasks);
  const harmless = last.filter((name) => !isRisky(name));
  return {
    kind: 'shell',
    from: within === '' ? '*.sh' : `${within}/*.sh`,
    name: pipelineName(folder.root),
    default: harmless,
    lessons: [
      'A step waits for the one that makes what it reads. Paths in `inputs` and `outputs` are relative to this file.',
      'A script of several steps: make each a task with its lines as `run`, so that only what is stale runs again.',
      'A value that you change often: declare it under `params`, and hand it over as --top ${{ params.top }}.',
    ],
    params: [],
    tasks,
    notes,
  };
}

/** What a script does that it calls isn't known. */
function withCalls(use: ScriptUse, others: readonly string[]): ScriptUse {
  const calls = use.calls.map((call) => `it runs ${call}`);
  return calls.length + others.length === 0 ? use : { ...use, unknown: [...use.unknown, ...calls] };
}

function programOf(path: string): string {
  return path.endsWith('.bash') ? 'bash' : path.endsWith('.zsh') ? 'zsh' : 'sh';
}
