/**
 * Five small projects as they were under make, notebooks, DVC, npm and bash, each with the orch.yaml to which a
 * newcomer moved it: orch makes what the old tool made, does nothing a second time, and after one edit reruns
 * exactly what the edit reaches. What these projects look like is in fixtures/moved/, nothing of it is known here
 * but names.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cleanEnv, makeProject, type Project, type RunOptions } from '../support/project.ts';

/** npm leaves no log in the user's home and asks nobody for news. */
const ENV = {
  npm_config_logs_max: '0',
  npm_config_update_notifier: 'false',
  PYTHONDONTWRITEBYTECODE: '1',
};

interface Moved {
  readonly name: string;
  /** The commands of the old tool, one after the other (for DVC, those that `dvc repro` would run). */
  readonly original: readonly (readonly [string, ...string[]])[];
  /** Files and folders that both must make, byte for byte. */
  readonly results: readonly string[];
  readonly edit: { readonly file: string; readonly from: string; readonly to: string };
  /** All tasks that the first run runs, and those that run after the edit; sorted. */
  readonly all: readonly string[];
  readonly rerun: readonly string[];
}

const MOVED: readonly Moved[] = [
  {
    name: 'makefile',
    original: [['make', '-s', 'all']],
    results: ['build'],
    edit: { file: 'src/add.c', from: 'a + b', to: 'b - -a' },
    all: [
      'build-calc',
      'build-version.h',
      'compile[file=add]',
      'compile[file=main]',
      'compile[file=multiply]',
    ],
    rerun: ['build-calc', 'compile[file=add]'],
  },
  {
    name: 'notebooks',
    original: ['01_clean', '02_totals', '03_report'].map(
      (notebook) => ['python3', 'run_notebook.py', `${notebook}.ipynb`] as const,
    ),
    results: ['out'],
    edit: { file: '02_totals.ipynb', from: "int(r['amount'])", to: "2 * int(r['amount'])" },
    all: ['clean', 'report', 'totals'],
    rerun: ['report', 'totals'],
  },
  {
    name: 'dvc',
    original: [
      ['python3', 'src/prepare.py', 'data/points.csv', 'data/prepared'],
      ['python3', 'src/train.py', 'data/prepared/train.csv', 'model.json'],
      ['python3', 'src/evaluate.py', 'model.json', 'data/prepared/test.csv', 'metrics.json'],
    ],
    results: ['data/prepared', 'model.json', 'metrics.json'],
    // As under DVC: the stage that doesn't name train.degree stays as it is.
    edit: { file: 'params.yaml', from: 'degree: 1', to: 'degree: 2' },
    all: ['evaluate', 'prepare', 'settings[stage=prepare]', 'settings[stage=train]', 'train'],
    rerun: ['evaluate', 'settings[stage=prepare]', 'settings[stage=train]', 'train'],
  },
  {
    name: 'npm',
    original: [['npm', 'run', '--silent', 'check']],
    results: ['dist'],
    edit: { file: 'test/slug.test.js', from: 'Hello, World', to: ' Hello World' },
    all: ['build', 'lint', 'test'],
    rerun: ['test'],
  },
  {
    name: 'bash-script',
    original: [['bash', 'weekly.sh']],
    results: ['out'],
    // Its bytes differ, the successful requests don't: the rest is spared.
    edit: { file: 'access.txt', from: '404 300', to: '404 301' },
    all: ['archive', 'clients', 'ok', 'pages', 'report'],
    rerun: ['ok'],
  },
];

describe('a project moved to orch', () => {
  it.each(MOVED)('$name: makes what the old tool makes', async (moved) => {
    const before = projectOf(moved);
    before.remove('orch.yaml');
    runOriginal(before, moved);
    const after = projectOf(moved);
    expect(await ranTasks(after)).toEqual(moved.all);
    expect(bytesOf(after, moved.results)).toEqual(bytesOf(before, moved.results));
  });

  it.each(MOVED)('$name: runs nothing again, and after one edit exactly what it reaches', async (moved) => {
    const project = projectOf(moved);
    await ranTasks(project);
    expect(await ranTasks(project)).toEqual([]);
    const { file, from, to } = moved.edit;
    const text = project.read(file);
    expect(text).toContain(from);
    project.write(file, text.replace(from, to));
    expect(await ranTasks(project)).toEqual(moved.rerun);
    expect(await ranTasks(project)).toEqual([]);

    const before = projectOf(moved);
    before.remove('orch.yaml');
    before.write(file, text.replace(from, to));
    runOriginal(before, moved);
    expect(bytesOf(project, moved.results)).toEqual(bytesOf(before, moved.results));
  });

  it('takes a variable of the old script as a parameter', async () => {
    const moved = MOVED.find(({ name }) => name === 'bash-script')!;
    const before = projectOf(moved);
    runOriginal(before, moved, { TOP: '2' });
    const after = projectOf(moved);
    await ranTasks(after);
    expect(await ranTasks(after, ['--TOP', '2'])).toEqual(['archive', 'report']);
    expect(bytesOf(after, moved.results)).toEqual(bytesOf(before, moved.results));
  });

  it('hands words behind -- to the script of npm', async () => {
    const project = projectOf(MOVED.find(({ name }) => name === 'npm')!);
    await ranTasks(project);
    const ran = await project.orch(['run', 'start', '--', 'Hello', 'You'], { env: ENV });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('hello-you') });
  });

  it('restores what `make clean` as a task removed, and tests it anew', async () => {
    const project = projectOf(MOVED.find(({ name }) => name === 'makefile')!);
    await ranTasks(project);
    expect(await ranTasks(project, ['clean'])).toEqual(['clean']);
    expect(project.exists('build/calc')).toBe(false);
    expect(await ranTasks(project, ['test'])).toEqual(['test']);
    expect(project.exists('build/calc')).toBe(true);
  });
});

function projectOf({ name }: Moved): Project {
  const project = makeProject();
  cpSync(fileURLToPath(new URL(`./fixtures/moved/${name}`, import.meta.url)), project.dir, {
    recursive: true,
  });
  return project;
}

function runOriginal(project: Project, { original }: Moved, env: RunOptions['env'] = {}): void {
  for (const [program, ...args] of original)
    execFileSync(program, args, { cwd: project.dir, env: cleanEnv({ ...ENV, ...env }), stdio: 'pipe' });
}

/** Runs orch to a good end; the tasks whose commands ran, sorted. */
async function ranTasks(project: Project, args: readonly string[] = []): Promise<readonly string[]> {
  const ran = await project.orch(['run', '--json', ...args], { env: ENV });
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 });
  return ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; task?: string })
    .flatMap(({ event, task }) => (event === 'task-started' && task !== undefined ? [task] : []))
    .sort();
}

/** Path -> digest of these files and of all below these folders. */
function bytesOf(project: Project, paths: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = (path: string): void => {
    const full = project.path(path);
    if (lstatSync(full).isDirectory()) for (const name of readdirSync(full).sort()) visit(join(path, name));
    else found[path] = createHash('sha256').update(readFileSync(full)).digest('hex');
  };
  for (const path of paths) visit(path);
  return found;
}
