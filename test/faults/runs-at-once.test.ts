/**
 * FAULTS 1 and 26 together: of two runs that do the same in one root one is killed at each call by which it takes its
 * place among the others or tells them what it does, and at a sample of all other calls that change the disk. The other
 * run comes to a good end by itself, and the plain rerun finds everything in order.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { itWith } from '../support/tools.ts';
import {
  expectRecovered,
  FIRST_RUN,
  SLOW_RUN,
  type Stage,
  type Story,
  stageOf,
  writeFiles,
} from './support/crash-story.ts';
import { tempFolder } from './support/file-systems.ts';
import { orchIn, runProgram, wasKilled } from './support/process.ts';
import { callsOf, traced } from './support/strace.ts';
import { treeOf } from './support/tree-of.ts';

const CALLS = ['mkdir', 'rename', 'link', 'symlink', 'unlink', 'rmdir', 'write', 'fdatasync', 'openat'];
/** Of those calls that have nothing to do with other runs. */
const EACH_NTH = 9;

interface Kill {
  readonly call: string;
  readonly at: number;
}

/** The calls of a run that meets another one, which are counted for each kind. */
async function killsOf(stage: Stage): Promise<Kill[]> {
  stage.reset();
  const [traceable] = await bothAt(stage, {});
  expect(traceable.code, traceable.said).toBe(0);
  const counts = new Map<string, number>();
  return callsOf(stage.notes).flatMap(({ call, text }, index) => {
    const at = (counts.get(call) ?? 0) + 1;
    counts.set(call, at);
    if (call === 'openat' && !text.includes('O_CREAT')) return [];
    const isAmongRuns = /\.cache\/(live|run\.lock)/.test(text);
    return isAmongRuns || index % EACH_NTH === 0 ? { call, at } : [];
  });
}

/** Both at the same time; the first one is traced. */
async function bothAt(stage: Stage, { call, at }: Partial<Kill>) {
  const argv = traced(call === undefined ? CALLS : [call], {
    notes: stage.notes,
    threads: false,
    ...(at === undefined ? {} : { inject: `signal=SIGKILL:when=${at}` }),
  });
  const env = { UV_THREADPOOL_SIZE: '1' };
  return Promise.all([runProgram(argv, { cwd: stage.dir, env }), orchIn(stage.dir, ['run', '-j', '2'], env)]);
}

async function killAt(kill: Kill, stage: Stage, story: Story): Promise<boolean> {
  stage.reset();
  const [killed, other] = await bothAt(stage, kill);
  const when = `killed at ${kill.call} ${kill.at}\n${killed.said}\n--- the other\n${other.said}`;
  if (!wasKilled(killed)) expect(killed.code, when).toBe(0);
  expect(other.code, when).toBe(0);
  expect(other.said, when).not.toMatch(/internal error/);
  await expectRecovered(stage, story, `${when}\n--- the rerun`, { mayLeave: true });
  // What it left of its own is swept by the next one that acts.
  const last = await orchIn(stage.dir, ['run', '--force']);
  expect(last.code, last.said).toBe(0);
  expect(Object.keys(treeOf(join(stage.dir, '.cache/live'))), when).toEqual([]);
  const tickets = Object.keys(treeOf(join(stage.dir, '.cache/run.lock'))).filter(
    (name) => !/^\d+$/.test(name),
  );
  expect(tickets, when).toEqual([]);
  return wasKilled(killed);
}

describe.each([FIRST_RUN, SLOW_RUN])('FAULTS 1 and 26: $title', (story) => {
  itWith('strace')(
    'killed beside another one is made good by that one and the plain rerun',
    async () => {
      const stages = await Promise.all([stageOf(story), stageOf(story)]);
      const kills = await killsOf(stages[0]);
      let next = 0;
      let killed = 0;
      const wrong: string[] = [];
      await Promise.all(
        stages.map(async (stage) => {
          while (next < kills.length && wrong.length < 5) {
            const kill = kills[next++]!;
            try {
              if (await killAt(kill, stage, story)) killed++;
            } catch (error) {
              const { message, actual } = error as Error & { readonly actual?: unknown };
              wrong.push(`${message}\n${JSON.stringify(actual)}`);
            }
          }
          rmSync(stage.notes, { force: true });
        }),
      );
      console.log(`${story.title}: ${killed} of ${kills.length} killed`);
      expect(wrong.join('\n==========\n')).toBe('');
      // How much a run has to do depends on what the other one has done before it.
      expect(killed).toBeGreaterThan(kills.length / 3);
    },
    600_000,
  );
});

it('FAULT 26: two runs of 500 tasks from cold run each of them once', async () => {
  const dir = tempFolder();
  const count = 500;
  const tasks = Array.from({ length: count }, (_, n) => {
    const inputs = n < 20 ? 'in.txt' : `o/${n - 20}, o/${n - 7 - (n % 13)}`;
    return `  t${n}: {run: "echo ${n} >> ../trace; cat in.txt > o/${n}", inputs: [${inputs}], outputs: [o/${n}]}\n`;
  });
  const root = join(dir, 'root');
  mkdirSync(root);
  writeFiles(root, {
    'in.txt': 'x\n',
    'orch.yaml': `version: 1\nname: flow\ntasks:\n${tasks.join('')}  all: {needs: [${tasks.map((_, n) => `t${n}`).join(', ')}]}\n`,
  });
  const both = await Promise.all([orchIn(root, ['run', 'all']), orchIn(root, ['run', 'all'])]);
  for (const ran of both) expect(ran.code, ran.said).toBe(0);
  const ran = readFileSync(join(dir, 'trace'), 'utf8').split('\n').slice(0, -1);
  expect(ran.toSorted()).toEqual(Array.from({ length: count }, (_, n) => String(n)).toSorted());
}, 120_000);
