/**
 * The project that runs are killed in, small and of everything something: what was made before, what changed since,
 * and what must be there in the end. A story is prepared once and copied for each kill, at the same path.
 */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type Ended, orchIn } from './process.ts';
import { type Tree, treeOf } from './tree-of.ts';

const tasks = (cells: string, more = ''): string => `
  step1: {run: "cat in.txt > mid.txt; echo s1 >> mid.txt", inputs: [in.txt], outputs: [mid.txt]}
  step2: {run: "cat mid.txt > final.txt; chmod +x final.txt", inputs: [mid.txt], outputs: [final.txt]}
  folder: {run: "mkdir -p out/deep out/empty; cp in.txt out/a; cp in.txt out/deep/b", inputs: [in.txt], outputs: [out/]}
  link: {run: "ln -s final.txt link", inputs: [final.txt], outputs: [link]}
  deploy: {run: "cat final.txt > /dev/null", inputs: [final.txt]}
  back:
    run: "mkdir -p back/d back/e; echo \${{ params.p }} > back/d/x; ln -s x back/d/l; echo \${{ params.p }} > back.txt"
    outputs: [back/, back.txt]
  large: {run: "{ cat in.txt; echo \${{ params.p }}; head -c 200000 /dev/zero; } > large.bin", inputs: [in.txt], outputs: [large.bin]}
  edited: {run: "cat in.txt > edited.txt", inputs: [in.txt], outputs: [edited.txt]}
  cell:
    matrix: {m: [${cells}]}
    run: "echo \${{ matrix.m }} > cells/\${{ matrix.m }}.txt"
    outputs: ["cells/\${{ matrix.m }}.txt"]
  collect: {run: "cat cells/*.txt > collected.txt", inputs: ["cells/*.txt"], outputs: [collected.txt], needs: ["cell[*]"]}
${more}`;
const pipeline = (body: string, all: string): string =>
  `version: 1\nname: flow\nparams: {p: 1}\ndefault: [all]\ntasks:${body}  all: {needs: [${all}]}\n`;
const ALL = 'step2, folder, link, deploy, back, large, edited, collect';
const BEFORE = pipeline(tasks('a, b'), ALL);
const NOW = pipeline(
  tasks('a', '  fresh: {run: "echo made > fresh.txt", inputs: [in.txt], outputs: [fresh.txt]}\n'),
  `${ALL}, fresh`,
);

export interface Story {
  readonly title: string;
  /** Files before the killed run; with a folder of state where `prepare` ran commands. */
  prepare(dir: string): Promise<void>;
  /** What a clean build is made of. */
  readonly sources: Readonly<Record<string, string>>;
  /** Content of the user's that must be under `.cache/replaced/` in the end. */
  readonly users: readonly string[];
}

/** A root with a past: something to run, restore, set aside, remove, and leave alone. */
export const LATER_RUN: Story = {
  title: 'a run that makes, restores, sets aside and removes',
  sources: { 'orch.yaml': NOW, 'in.txt': '2\n' },
  users: ['1\nmine\n', 'my own\n'],
  async prepare(dir) {
    writeFiles(dir, { 'orch.yaml': BEFORE, 'in.txt': '1\n' });
    await well(dir, ['run']);
    await well(dir, ['run', '--param', 'p=2']);
    writeFiles(dir, {
      'orch.yaml': NOW,
      'in.txt': '2\n',
      'edited.txt': '1\nmine\n',
      'fresh.txt': 'my own\n',
    });
  },
};

/** The same with commands that take their time and leave halves meanwhile. */
const slowly = (text: string): string =>
  text.replaceAll(/cat (in|mid).txt > (\w+\.txt)/g, 'echo half > $2; sleep 0.03; $&');
export const SLOW_RUN: Story = {
  title: 'a run whose commands take their time',
  sources: { 'orch.yaml': slowly(NOW), 'in.txt': '2\n' },
  users: LATER_RUN.users,
  async prepare(dir) {
    await LATER_RUN.prepare(dir);
    writeFiles(dir, this.sources);
  },
};

/** A root that orch has never seen: its folders, records and identity come to be. */
export const FIRST_RUN: Story = {
  title: 'the first run of a root',
  sources: {
    'orch.yaml': pipeline(
      `
  one: {run: "cat in.txt > one.txt", inputs: [in.txt], outputs: [one.txt]}
  two: {run: "cat one.txt > two.txt", inputs: [one.txt], outputs: [two.txt]}
`,
      'two',
    ),
    'in.txt': '1\n',
  },
  users: ['my own\n'],
  async prepare(dir) {
    writeFiles(dir, { ...this.sources, 'one.txt': 'my own\n' });
  },
};

export function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
}

async function well(dir: string, args: readonly string[]): Promise<Ended> {
  const ended = await orchIn(dir, args);
  expect(ended.code, `orch ${args.join(' ')}\n${ended.said}`).toBe(0);
  return ended;
}

/** One place in which the story is told again and again, by one worker at a time. */
export interface Stage {
  readonly dir: string;
  /** Beside the root, for a tracer's notes. */
  readonly notes: string;
  /** As before the run that is to be killed. */
  reset(): void;
  /** What an undisturbed run leaves, without `.cache`. */
  readonly clean: Tree;
}

export async function stageOf(story: Story): Promise<Stage> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'orch-crash-')));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const [dir, kept, fresh] = ['root', 'kept', 'fresh'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(dir);
  await story.prepare(dir);
  cpSync(dir, kept, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  mkdirSync(fresh);
  writeFiles(fresh, story.sources);
  await well(fresh, ['run', '-j', '1']);
  return {
    dir,
    notes: join(base, 'notes'),
    clean: treeOf(fresh, ['.cache']),
    reset() {
      rmSync(dir, { recursive: true, force: true });
      cpSync(kept, dir, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    },
  };
}

/** A run that couldn't: it ended by itself, and said in words of its own what the system refused, and where. */
export function expectNamed(ended: Ended, error: string, when: string): void {
  expect([1, 3], when).toContain(ended.code);
  expect(ended.said, when).not.toMatch(/internal error|^ +at .*:\d+:\d+/m);
  expect(ended.said, when).toMatch(
    new RegExp(`(/|[a-z]\\.(txt|bin)|\\.cache|link|out|back).*\\(${error}\\)|\\(${error}\\).*/`),
  );
}

/** After whatever happened: the plain rerun leaves the clean tree and loses nothing, and then nothing is left to do. */
export async function expectRecovered(
  stage: Pick<Stage, 'dir' | 'clean'>,
  story: Pick<Story, 'users'>,
  when: string,
  { mayLeave = false }: { readonly mayLeave?: boolean } = {},
): Promise<void> {
  const { dir } = stage;
  const again = await orchIn(dir, ['run', '-j', '1']);
  const told = `${when}\n${again.said}`;
  expect(again.code, told).toBe(0);
  expect(treeOf(dir, ['.cache']), told).toEqual(stage.clean);
  const kept = Object.values(treeOf(join(dir, '.cache/replaced'))).filter((content) => content !== '');
  expect(kept.sort(), told).toEqual([...story.users].sort());
  expect(treeOf(join(dir, '.cache'))['.gitignore'], told).toBe('*\n');
  const idle = await orchIn(dir, ['run', '-j', '1']);
  const idleStory = `${told}\n--- once more\n${idle.said}`;
  expect(idle.code, idleStory).toBe(0);
  expect(idle.stdout, idleStory).toMatch(/📋 0 run, 0 restored, \d+ up to date, 0 failed, 0 skipped/);
  expect(idle.said, idleStory).not.toMatch(/warning|note:/);
  expect(treeOf(dir, ['.cache']), idleStory).toEqual(stage.clean);
  if (mayLeave) return;
  // In the content cache they are swept by the next run that stores something, in a lock by the next that takes it.
  const left = Object.keys(treeOf(join(dir, '.cache'))).filter(
    (path) => /\.tmp-|\/new\.|params\.json/.test(path) && !/^(content|run\.lock)\//.test(path),
  );
  expect(left, idleStory).toEqual([]);
}
