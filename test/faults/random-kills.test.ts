/**
 * FAULT 2: SIGKILL at a random moment, of orch alone (its commands live on and go on writing) and of all that it
 * started too; the plain rerun leaves what an undisturbed run leaves. Moments come from a seed, told where it goes
 * wrong; what else goes on on the machine makes each round another one all the same.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cleanEnv } from '../support/project.ts';
import { expectRecovered, SLOW_RUN, type Stage, stageOf } from './support/crash-story.ts';
import { BUNDLE } from './support/process.ts';

const ROUNDS = 100;
const WORKERS = 2;
const SEED = Number(process.env['ORCH_TEST_SEED'] ?? 1);

/** Numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Children of a process, and theirs. */
function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // Ended meanwhile.
    }
  }
  const found = [pid];
  for (const parent of found) for (const [child, its] of parents) if (its === parent) found.push(child);
  return found.slice(1);
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended meanwhile.
  }
}

/** Runs orch and kills it after so long; what it had written so far, and whether it was still running. */
async function killAfter(stage: Stage, ms: number, all: boolean): Promise<{ said: string; killed: boolean }> {
  const child = spawn(BUNDLE[0]!, [...BUNDLE.slice(1), 'run', '-j', '2'], {
    cwd: stage.dir,
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (data) => (said += data));
  child.stderr.on('data', (data) => (said += data));
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('exit', (_code, signal) => resolve(signal)),
  );
  await Promise.race([pause(ms), ended]);
  const pid = child.pid!;
  if (child.exitCode === null && all) {
    // Stopped first, so that nothing is started between looking and killing.
    child.kill('SIGSTOP');
    const started = descendantsOf(pid);
    child.kill('SIGKILL');
    for (const each of started) killIfAlive(each);
  } else child.kill('SIGKILL');
  return { killed: (await ended) === 'SIGKILL', said };
}

describe('FAULT 2: SIGKILL at random moments', () => {
  it.skipIf(process.platform !== 'linux').each([
    ['of orch alone', false],
    ['of orch and all that it started', true],
  ])(
    `%s, ${ROUNDS} times, is made good by the plain rerun (needs Linux)`,
    async (_whom, all) => {
      const random = randomFrom(SEED);
      const stages = await Promise.all(Array.from({ length: WORKERS }, () => stageOf(SLOW_RUN)));
      stages[0]!.reset();
      const startedMs = performance.now();
      await killAfter(stages[0]!, 60_000, false);
      const wholeMs = performance.now() - startedMs;
      let round = 0;
      let kills = 0;
      const wrong: string[] = [];
      await Promise.all(
        stages.map(async (stage) => {
          while (round < ROUNDS && wrong.length < 3) {
            round += 1;
            stage.reset();
            // Two go at the same time here: each takes a little longer than one alone.
            const ms = random() * wholeMs * 1.2;
            const { said, killed } = await killAfter(stage, ms, all);
            if (killed) kills += 1;
            const when = `seed ${SEED}, killed after ${ms.toFixed(1)} ms\n${said}\n--- the rerun`;
            await expectRecovered(stage, SLOW_RUN, when).catch((error: Error) => wrong.push(error.message));
          }
        }),
      );
      expect(wrong.join('\n==========\n')).toBe('');
      expect(kills).toBeGreaterThan(ROUNDS / 2);
    },
    900_000,
  );
});
