/**
 * FAULT 1: a run is killed at every call by which it changes the disk, none sampled; then the plain rerun must leave
 * what an undisturbed run leaves, lose nothing of the user's, and leave nothing to do.
 *
 * Which calls are orch's own: without `-f` strace follows only the main thread of the process that it starts, which is
 * where orch makes nearly all of its calls; commands are other processes. What the thread pool does (syncs, and copying
 * of large contents) is met by following threads too, and letting go of every process at its `execve`, which is where
 * a command begins. Counts are per thread: so each number is one certain call.
 */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { describe, expect } from 'vitest';
import { itWith } from '../support/tools.ts';
import {
  expectRecovered,
  FIRST_RUN,
  LATER_RUN,
  type Stage,
  type Story,
  stageOf,
} from './support/crash-story.ts';
import { runProgram, wasKilled } from './support/process.ts';
import { callsOf, traced } from './support/strace.ts';

/**
 * Calls of the main thread that change what is on disk. Not pwrite64: orch asks the file system for the time with it,
 * of a file that nothing is ever read from (`clock-probe`).
 */
const MAIN = [
  'mkdir',
  'rename',
  'link',
  'symlink',
  'unlink',
  'rmdir',
  'write',
  'fdatasync',
  'fsync',
  'ftruncate',
  'openat',
];
/** Those of the thread pool. Its writes to files are of contents that have no name yet; the sync behind them is here. */
const POOL = ['fdatasync', 'fsync', 'ioctl', 'copy_file_range'];

interface Kill {
  readonly call: string;
  readonly at: number;
  readonly thread: 'main' | 'pool';
  /** Of the last few of a kind a run may make one more or less, since it goes by the time how often it looks again. */
  readonly mayBeMissed: boolean;
}

/** Every call of an undisturbed run. */
async function killsOf(stage: Stage): Promise<Kill[]> {
  const kills: Kill[] = [];
  for (const thread of ['main', 'pool'] as const) {
    stage.reset();
    const calls = thread === 'main' ? MAIN : POOL;
    const ran = await runProgram(traced(calls, { notes: stage.notes, threads: thread === 'pool' }), {
      cwd: stage.dir,
      env: { UV_THREADPOOL_SIZE: '1' },
    });
    expect(ran.code, ran.said).toBe(0);
    const made = callsOf(stage.notes);
    const mainThread = made[0]!.thread;
    const counts = new Map<string, number>();
    let looksAtProcesses = false;
    for (const { call, thread: by, text } of made) {
      // As many files of the process table are read as there are processes on the machine: no number after them holds.
      looksAtProcesses ||= call === 'openat' && text.includes('"/proc"');
      if (thread === 'pool' && by === mainThread) continue;
      const at = (counts.get(`${by} ${call}`) ?? 0) + 1;
      counts.set(`${by} ${call}`, at);
      // To open for reading changes nothing, nor does asking a terminal; the numbers count them all the same.
      if (call === 'openat' && !text.includes('O_CREAT')) continue;
      if (call === 'ioctl' && !text.includes('FICLONE')) continue;
      kills.push({ call, at, thread, mayBeMissed: call === 'openat' && looksAtProcesses });
    }
  }
  return kills.map((kill) => {
    const last = Math.max(...kills.flatMap(({ call, at }) => (call === kill.call ? at : 0)));
    return { ...kill, mayBeMissed: kill.mayBeMissed || kill.at > last - 5 };
  });
}

async function killAt({ call, at, thread, mayBeMissed }: Kill, stage: Stage, story: Story): Promise<void> {
  stage.reset();
  const argv = traced([call], {
    notes: stage.notes,
    threads: thread === 'pool',
    inject: `signal=SIGKILL:when=${at}`,
  });
  const ran = await runProgram(argv, { cwd: stage.dir, env: { UV_THREADPOOL_SIZE: '1' } });
  const when = `killed at ${call} ${at} (${thread})\n${ran.said}`;
  if (!mayBeMissed || ran.code !== 0) expect(wasKilled(ran), when).toBe(true);
  await expectRecovered(stage, story, `${when}\n--- the rerun`);
}

describe.each([FIRST_RUN, LATER_RUN])('FAULT 1: $title', (story) => {
  itWith('strace')(
    'killed at each call that changes the disk, is made good by the plain rerun',
    async () => {
      const stages = await Promise.all(
        Array.from({ length: Math.min(4, Math.max(2, availableParallelism())) }, () => stageOf(story)),
      );
      const kills = await killsOf(stages[0]!);
      expect(kills.length).toBeGreaterThan(100);
      let next = 0;
      const wrong: string[] = [];
      await Promise.all(
        stages.map(async (stage) => {
          while (next < kills.length && wrong.length < 5) {
            const kill = kills[next++]!;
            try {
              await killAt(kill, stage, story);
            } catch (error) {
              wrong.push((error as Error).message);
            }
          }
          rmSync(stage.notes, { force: true });
        }),
      );
      expect(wrong.join('\n==========\n')).toBe('');
    },
    1_200_000,
  );
});
