/** A folder of Python scripts as a pipeline: a task for each that isn't only imported. Executes nothing of it. */
import { posix } from 'node:path';
import type { Folder } from '../folder.ts';
import { pipelineName, type Starter } from '../starter.ts';
import { type FileUse, fileUse } from './file-use.ts';
import { lastSteps, type Step, stepTasks } from './steps.ts';

/** Where scripts are looked for, the first that has some. */
const FOLDERS = ['', 'scripts', 'steps', 'stages', 'pipeline', 'src', 'code', 'analysis'];
const NO_STEPS =
  /^(__\w+__|setup|conftest|noxfile|fabfile|tasks|manage|wsgi|asgi|settings|config|utils?|helpers?|common|constants|test_.*|.*_test)\.py$/;

/** The folder whose scripts look like steps: '.' for the root, null for none. */
export function findScripts(folder: Folder): string | null {
  const found = FOLDERS.find((within) => scriptsIn(folder, within).length > 0);
  return found === undefined ? null : found || '.';
}

/** In folders that may as well hold a library, only what is numbered, or reads and writes files. */
function scriptsIn(folder: Folder, within: string): readonly string[] {
  const candidates = folder.files().filter((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return (
      path.endsWith('.py') &&
      (posix.dirname(path) === '.' ? '' : posix.dirname(path)) === within &&
      !NO_STEPS.test(name)
    );
  });
  const uses = new Map(candidates.map((path) => [path, fileUse(folder.read(path) ?? '', path)]));
  const imported = new Set([...uses].flatMap(([path, { imports }]) => modulesOf(path, imports, folder)));
  return candidates.filter((path) => {
    if (imported.has(path)) return false;
    const { reads, writes } = uses.get(path)!;
    const isMain = /^if\s+__name__\s*==/m.test(folder.read(path) ?? '');
    const isStep = /\/?\d[^/]*$/.test(path) || reads.size + writes.size > 0 || isMain;
    return within === '' || isStep;
  });
}

export function pythonStarter(folder: Folder, found: string): Starter {
  const within = found === '.' ? '' : found;
  const command = pythonCommand(folder);
  const steps = scriptsIn(folder, within).map((path): Step => {
    const modules = allModules(path, folder);
    const use = joined([path, ...modules].map((file) => fileUse(folder.read(file) ?? '', file)));
    const base = baseOf(use, within, folder);
    return {
      path,
      base,
      use,
      modules,
      run: `${command} \${{ inputs[0] }}`,
      dir: base,
      outputs: [],
    };
  });
  const tasks = stepTasks(steps, folder);
  return {
    kind: 'python',
    from: within === '' ? '*.py' : `${within}/*.py`,
    name: pipelineName(folder.root),
    default: lastSteps(tasks),
    lessons: [
      'A step waits for the one that makes what it reads. Paths in `inputs` and `outputs` are relative to this file.',
      'A value that you change often: declare it under `params`, and hand it over as --depth ${{ params.depth }}.',
    ],
    params: [],
    tasks,
    notes: [],
  };
}

/** Scripts mostly run from the root; from their own folder where what they read lies there. */
function baseOf(use: FileUse, within: string, folder: Folder): string {
  if (within === '') return '';
  const there = (base: string) =>
    [...use.reads, ...use.writes].filter((path) => {
      const parent = posix.dirname(posix.join(base, path));
      return (
        folder.kindOf(posix.join(base, path)) !== null ||
        (parent !== base && folder.kindOf(parent) === 'folder')
      );
    }).length;
  return there(within) > there('') ? within : '';
}

/** Files of this project that imports mean. */
function modulesOf(path: string, imports: ReadonlySet<string>, folder: Folder): readonly string[] {
  const here = posix.dirname(path);
  return [...imports].flatMap((name) => {
    const dots = /^\.*/.exec(name)![0].length;
    const parts = name.slice(dots).split('.').join('/');
    const bases = dots > 0 ? [posix.join(here, ...Array<string>(dots - 1).fill('..'))] : [here, '.', 'src'];
    const found = bases
      .flatMap((base) => [`${posix.join(base, parts)}.py`, posix.join(base, parts, '__init__.py')])
      .find((file) => file !== path && folder.kindOf(file) === 'file');
    return found ?? [];
  });
}

function allModules(path: string, folder: Folder): readonly string[] {
  const found = new Set<string>();
  const visit = (file: string): void => {
    const { imports } = fileUse(folder.read(file) ?? '', file);
    for (const module of modulesOf(file, imports, folder)) {
      if (module === path || found.has(module)) continue;
      found.add(module);
      visit(module);
    }
  };
  visit(path);
  return [...found].sort();
}

export function joined(uses: readonly FileUse[]): FileUse {
  return {
    reads: new Set(uses.flatMap(({ reads }) => [...reads])),
    writes: new Set(uses.flatMap(({ writes }) => [...writes])),
    unknown: uses.flatMap(({ unknown }) => unknown),
    imports: new Set(uses.flatMap(({ imports }) => [...imports])),
  };
}

/** How this project starts Python. */
export function pythonCommand(folder: Folder): string {
  if (folder.kindOf('uv.lock') === 'file') return 'uv run python';
  if (folder.kindOf('poetry.lock') === 'file') return 'poetry run python';
  if (folder.kindOf('Pipfile') === 'file') return 'pipenv run python';
  return 'python3';
}
