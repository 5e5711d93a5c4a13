/**
 * FAULTS 13 and 18, exactly: each kind of call by which a run changes the disk is refused by the system once (no room, or an
 * input/output error for syncs and removals). Either the run can do without, and leaves the right tree; or it says
 * what can't be done, where and why. Nothing half done is believed: the plain rerun leaves the tree of a clean run.
 * Which calls are orch's own: see crash-at-each-call.
 */
import { availableParallelism } from 'node:os';
import { describe, expect } from 'vitest';
import { itWith } from '../support/tools.ts';
import {
  expectNamed,
  expectRecovered,
  FIRST_RUN,
  LATER_RUN,
  type Stage,
  type Story,
  stageOf,
} from './support/crash-story.ts';
import { runProgram } from './support/process.ts';
import { type Call, callsOf, traced } from './support/strace.ts';
import { treeOf } from './support/tree-of.ts';

const REFUSALS: Readonly<Record<string, string>> = {
  mkdir: 'ENOSPC',
  rename: 'ENOSPC',
  link: 'ENOSPC',
  symlink: 'ENOSPC',
  write: 'ENOSPC',
  openat: 'ENOSPC',
  unlink: 'EIO',
  rmdir: 'EIO',
  fdatasync: 'EIO',
  fsync: 'EIO',
};
const POOL = ['fdatasync', 'fsync'];

/** Of the calls that do the same to the same kind of file, the first two and the last stand for all. */
function isRepetition(at: number, all: number): boolean {
  return at > 1 && at < all - 1;
}

/** What a call is about, without what differs from run to run and task to task. */
function kindOf(call: string, text: string, dir: string): string {
  const paths = [...text.matchAll(/[<"](\/[^">]*)[>"]/g)].map(([, path]) => path!);
  return [call, ...paths]
    .join(' ')
    .replaceAll(dir, '')
    .replaceAll(/\.tmp-[^ /]*|new\.[^ ]*|\d{8}-\d{6}-\w+|xxh64-[^ ]*|k1-[^ ]*|\b[0-9a-f]{32}\b/g, '*')
    .replaceAll(/\/(blobs|results)\/\w/g, '/$1/*');
}

interface Refusal {
  readonly call: string;
  readonly kind: string;
  readonly at: number;
  readonly error: string;
  readonly threads: boolean;
}

/** Pipes and terminals are no disk, and to open for reading takes no room. */
function changesDisk({ call, text }: Pick<Call, 'call' | 'text'>, { dir }: Stage): boolean {
  return text.includes(dir) && (call !== 'openat' || text.includes('O_CREAT'));
}

const env = { UV_THREADPOOL_SIZE: '1' };

async function refusalsOf(stage: Stage): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const threads of [false, true]) {
    stage.reset();
    const calls = threads ? POOL : Object.keys(REFUSALS);
    const ran = await runProgram(traced(calls, { notes: stage.notes, threads }), { cwd: stage.dir, env });
    expect(ran.code, ran.said).toBe(0);
    const made = callsOf(stage.notes);
    const counts = new Map<string, number>();
    for (const { call, thread, text } of made) {
      const at = (counts.get(`${thread} ${call}`) ?? 0) + 1;
      counts.set(`${thread} ${call}`, at);
      if (!changesDisk({ call, text }, stage)) continue;
      if (!refusals.some((known) => known.threads === threads && known.call === call && known.at === at))
        refusals.push({ call, kind: kindOf(call, text, stage.dir), at, error: REFUSALS[call]!, threads });
    }
  }
  return refusals.filter((refusal) => {
    const same = refusals.filter(({ kind, threads }) => kind === refusal.kind && threads === refusal.threads);
    return !isRepetition(same.indexOf(refusal), same.length);
  });
}

/** Says whether a call on the disk was refused: numbers of writes shift by what goes through pipes at the time. */
async function refuse({ call, at, error, threads }: Refusal, stage: Stage, story: Story): Promise<boolean> {
  for (let tries = 1; tries <= 4; tries++) {
    stage.reset();
    const argv = traced([call], { notes: stage.notes, threads, inject: `error=${error}:when=${at}` });
    const ran = await runProgram(argv, { cwd: stage.dir, env });
    const hit = callsOf(stage.notes).filter(({ text }) => text.includes('(INJECTED)'));
    if (hit.length === 0 || !hit.every((refused) => changesDisk(refused, stage))) continue;
    const texts = hit.map(({ text }) => text).join('\n');
    const when = `${error} at ${call} ${at}: ${texts}\nexit ${ran.code}\n${ran.said}`;
    if (ran.code === 0) expect(treeOf(stage.dir, ['.cache']), when).toEqual(stage.clean);
    else expectNamed(ran, error, when);
    // What couldn't be removed lies there until it is old.
    const mayLeave = call === 'unlink';
    await expectRecovered(stage, story, `${when}\n--- the rerun`, { mayLeave });
    return true;
  }
  return false;
}

describe.each([FIRST_RUN, LATER_RUN])('FAULTS 13 and 18: $title', (story) => {
  itWith('strace')(
    'with each kind of its calls refused by the system once, is right or says what is wrong, and the rerun makes it good',
    async () => {
      const stages = await Promise.all(
        Array.from({ length: Math.min(4, Math.max(2, availableParallelism())) }, () => stageOf(story)),
      );
      const refusals = await refusalsOf(stages[0]!);
      expect(refusals.length).toBeGreaterThan(60);
      let next = 0;
      let refused = 0;
      const wrong: string[] = [];
      await Promise.all(
        stages.map(async (stage) => {
          while (next < refusals.length && wrong.length < 8)
            await refuse(refusals[next++]!, stage, story).then(
              (isRefused) => (refused += isRefused ? 1 : 0),
              (error: Error) => wrong.push(error.message),
            );
        }),
      );
      expect(wrong.join('\n==========\n')).toBe('');
      expect(refused).toBeGreaterThan(refusals.length * 0.9);
    },
    1_200_000,
  );
});
