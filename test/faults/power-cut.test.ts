/**
 * FAULT 5: the power goes right after a task was said to be done. The project lies on a file system on an image; the
 * image's file holds what was written back so far and nothing of what only memory knew, so a copy of it, made while
 * orch is stopped, is what a machine finds at its next boot. What was said to be done stays done: it isn't run again.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { cleanEnv } from '../support/project.ts';
import { writeFiles } from './support/crash-story.ts';
import { itMounting, must, tempFolder, unmount } from './support/file-systems.ts';
import { BUNDLE, type Ended, orchIn, runProgram } from './support/process.ts';
import { treeOf } from './support/tree-of.ts';

const LINKS = [1, 2, 3, 4, 5];
const SOURCES = {
  'orch.yaml': `version: 1
name: flow
default: [deploy]
tasks:
${LINKS.map((n) => `  t${n}: {run: "cat t${n - 1}.txt > t${n}.txt; echo ${n} >> t${n}.txt", inputs: [t${n - 1}.txt], outputs: [t${n}.txt]}`).join('\n')}
  folder: {run: "mkdir -p out/empty; cp t5.txt out/a; ln -s a out/l; head -c 200000 /dev/zero > out/large", inputs: [t5.txt], outputs: [out/]}
  deploy: {run: "test -s out/a", inputs: [out/]}
`,
  't0.txt': 'start\n',
};
const TASKS = LINKS.length + 2;
const OTHER_BOOT = '11111111-2222-4333-8444-555555555555';

function eventsIn(text: string): RunEvent[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as RunEvent);
}

const bare = (label: string) => label.replace(/^flow:/, '');
const doneIn = (text: string): string[] =>
  eventsIn(text).flatMap((event) =>
    event.event === 'task-finished' && event.outcome === 'succeeded' ? [bare(event.task)] : [],
  );

/** Until each of its threads stands still: a sync under way first comes to its end. */
function untilStopped(pid: number): void {
  const states = () =>
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
      return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    });
  while (states().some((state) => state !== 'T'));
}

/** Runs orch until so many tasks were said to be done, stops it there, lets `cut` happen, and kills it. */
async function runUntil(dir: string, count: number, cut: () => void): Promise<string[]> {
  const child = spawn(BUNDLE[0]!, [...BUNDLE.slice(1), 'run', '--json', '-j', '1'], {
    cwd: dir,
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  let done: string[] | null = null;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (done !== null || doneIn(said.slice(0, said.lastIndexOf('\n') + 1)).length < count) return;
    child.kill('SIGSTOP');
    untilStopped(child.pid!);
    done = doneIn(said.slice(0, said.lastIndexOf('\n') + 1));
    cut();
    child.kill('SIGKILL');
  });
  await new Promise<void>((resolve) => child.on('close', () => resolve()));
  if (done === null) throw new Error(`never came to ${count}: ${said}`);
  return done;
}

/** orch after the next boot: the machine calls that another one, by which processes and young stamps are judged. */
function afterBoot(dir: string, bootFile: string, args: readonly string[]): Promise<Ended> {
  const script = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
  return runProgram(['unshare', '-m', 'sh', '-c', script, bootFile, ...BUNDLE, ...args], { cwd: dir });
}

describe('FAULT 5: a power cut after "done"', () => {
  itMounting(
    'at each task of a run: what was said to be done is not run again, and the tree is that of a clean run',
    async () => {
      const fresh = tempFolder();
      writeFiles(fresh, SOURCES);
      expect((await orchIn(fresh, ['run'])).code).toBe(0);
      const clean = treeOf(fresh, ['.cache']);
      const bootFile = join(tempFolder(), 'boot_id');
      writeFileSync(bootFile, `${OTHER_BOOT}\n`);

      for (let count = 1; count <= TASKS; count++) {
        const base = tempFolder();
        const [image, cutImage, disk] = ['disk.img', 'cut.img', 'disk'].map((name) => join(base, name));
        mkdirSync(disk!);
        must('truncate', ['-s', '24M', image!]);
        must('mkfs.ext4', ['-q', '-F', image!]);
        // Only what is synced makes it write: no clock of the file system's own.
        must('mount', ['-o', 'loop,commit=300', image!, disk!]);
        onTestFinished(() => unmount(disk!));
        const dir = join(disk!, 'project');
        mkdirSync(dir);
        writeFiles(dir, SOURCES);
        must('sync', ['-f', dir]);
        const done = await runUntil(dir, count, () => {
          writeFileSync(join(dir, 'unsynced.txt'), 'only memory knows this');
          copyFileSync(image!, cutImage!);
        });
        expect(done.length).toBeGreaterThanOrEqual(count);
        must('umount', [disk!]);
        must('mount', ['-o', 'loop', cutImage!, disk!]);
        const when = `cut after ${done.join(', ')}`;
        const unsynced = join(dir, 'unsynced.txt');
        // Its name may have come along with something else that was synced, its bytes may not.
        const text = existsSync(unsynced) ? readFileSync(unsynced, 'latin1') : '';
        expect(text, `${when}: a cut that cuts nothing`).not.toContain('only memory');
        rmSync(unsynced, { force: true });
        const live = join(dir, '.cache/live');
        const lives = existsSync(live) ? readdirSync(live).filter((name) => name.endsWith('.lock')) : [];
        for (const lock of [join(dir, '.cache/run.lock'), ...lives.map((name) => join(live, name))])
          letTimePass(lock);

        const again = await afterBoot(dir, bootFile, ['run', '--json', '-j', '1']);
        expect(again.code, `${when}\n${again.said}`).toBe(0);
        const started = eventsIn(again.stdout).flatMap((event) =>
          event.event === 'task-started' ? [bare(event.task)] : [],
        );
        expect(
          started.filter((task) => done.includes(task)),
          `${when}\n${again.said}`,
        ).toEqual([]);
        const idle = await afterBoot(dir, bootFile, ['run', '--materialize']);
        expect(idle.said, when).toMatch(/📋 0 run/);
        expect(treeOf(dir, ['.cache']), when).toEqual(clean);
        // Outputs whose bytes never reached the disk look as if somebody had edited them: they are set aside, no more.
        const aside = Object.keys(treeOf(join(dir, '.cache/replaced'))).filter((path) => !path.endsWith('/'));
        expect(
          aside.filter((path) => !/^[^/]+\/(t[1-5]\.txt|out\/(a|l|large))$/.test(path)),
          when,
        ).toEqual([]);
        expect(readFileSync(join(dir, '.cache/.gitignore'), 'utf8')).toBe('*\n');
        must('umount', [disk!]);
      }
    },
    300_000,
  );
});

/** A lock's holder of another boot is judged by the age of its ticket: a machine takes longer to come up than this. */
function letTimePass(lock: string): void {
  for (const name of existsSync(lock) ? readdirSync(lock) : [])
    utimesSync(join(lock, name), new Date(Date.now() - 120_000), new Date(Date.now() - 120_000));
}
