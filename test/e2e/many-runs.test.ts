/**
 * Runs of one root at the same time, at random: with equal, overlapping and disjoint targets, other parameters, forced,
 * killed, and with sources edited meanwhile. Whatever happened, a plain run afterwards leaves what the sources say,
 * and the next one has nothing to do.
 */
import { expect, it } from 'vitest';
import { type Fields, type Scenario, said, scenario } from './support/scenario.ts';

const ROUNDS = Number(process.env['ORCH_TEST_ROUNDS'] ?? 100);
const SEED = Number(process.env['ORCH_TEST_SEED'] ?? 1);
const M = '$' + '{{ params.m }}';

/** Half of what each task makes depends on its inputs only, `p` on the parameter at one path, `q` at two. */
const plain: Fields = {
  a: { run: 'sleep 0.05; cat s1 > o/a', inputs: ['s1'], outputs: ['o/a'] },
  b: { run: 'sleep 0.02; cat s2 > o/b', inputs: ['s2'], outputs: ['o/b'] },
  c: { run: 'cat o/a o/b > o/c', inputs: ['o/a', 'o/b'], outputs: ['o/c'] },
  // Lossy: seldom another content.
  d: { run: 'sleep 0.03; wc -l < o/c > o/d', inputs: ['o/c'], outputs: ['o/d'] },
  e: { run: 'mkdir -p o/e && cp o/c o/e/c && cp o/d o/e/d', inputs: ['o/c', 'o/d'], outputs: ['o/e/'] },
  f: { run: 'cat o/e/* > o/f', inputs: ['o/e/'], outputs: ['o/f'] },
  p: { run: `sleep 0.02; { echo ${M}; cat o/a; } > o/p`, inputs: ['o/a'], outputs: ['o/p'] },
  q: { run: `{ echo ${M}; cat o/b; } > o/q-${M}`, inputs: ['o/b'], outputs: [`o/q-${M}`] },
  r: { run: 'cat o/p o/f > o/r', inputs: ['o/p', 'o/f'], outputs: ['o/r'] },
  n: { run: 'test -e o/f', needs: ['f'] },
  all: { needs: ['r', 'q', 'd', 'n'] },
};

/** Each leaves a trace of itself. */
const tasks: Fields = Object.fromEntries(
  Object.entries(plain).map(([name, fields]) => {
    const { run, ...rest } = fields as { readonly run?: string };
    return [name, run === undefined ? rest : { run: `echo ${name} >> "$TRACE"; ${run}`, ...rest }];
  }),
);

/** What a run with m=1 must leave. */
function expected(s1: string, s2: string): Record<string, string> {
  const c = s1 + s2;
  const d = `${c.split('\n').length - 1}\n`;
  return {
    ...{ a: s1, b: s2, c, d, 'e/c': c, 'e/d': d, f: c + d },
    ...{ p: `1\n${s1}`, 'q-1': `1\n${s2}`, r: `1\n${s1}${c}${d}` },
  };
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

it(`${ROUNDS} rounds of several runs at once leave what a single one would (seed ${SEED})`, {
  timeout: 1_200_000,
}, async () => {
  const random = randomOf(SEED);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const text = () => `${'line\n'.repeat(1 + Math.floor(random() * 3))}${Math.floor(random() * 9)}\n`;
  const counts = { runs: 0, killed: 0, edits: 0, waited: 0, besides: 0, reuses: 0 };
  let s: Scenario | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    // A root lives for ten rounds, so that later ones meet what earlier ones left.
    if (round % 10 === 0) s = scenario(tasks, { s1: text(), s2: text() }, { params: { m: 1 } });
    await oneRound(s!, round);
  }
  console.log(JSON.stringify(counts));
  expect(counts.waited).toBeGreaterThan(ROUNDS / 20);

  async function oneRound(at: Scenario, round: number): Promise<void> {
    const story: string[] = [];
    const texts: string[] = [];
    // Half of the rounds are without anything that makes a second attempt right.
    const isPlain = random() < 0.5;
    if (random() < 0.7) at.write(pick(['s1', 's2']), text());
    at.ran();
    const runs = Array.from({ length: 2 + Math.floor(random() * 2) }, () => {
      const argv = ['run', '--json', pick(['all', 'r', 'q', 'd', 'f', 'c', 'p', 'n'])];
      if (!isPlain && random() < 0.3) argv.push('--m', '2');
      if (!isPlain && random() < 0.1) argv.push('--force');
      if (random() < 0.3) argv.push('-j', pick(['1', '4']));
      if (random() < 0.3) argv.push('-k');
      story.push(argv.join(' '));
      counts.runs++;
      return at.start(argv);
    });
    if (!isPlain && random() < 0.4) {
      counts.edits++;
      await new Promise((resolve) => setTimeout(resolve, random() * 300));
      at.write(pick(['s1', 's2']), text());
      story.push('edited');
    }
    if (!isPlain && random() < 0.5) {
      counts.killed++;
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      pick(runs).kill('SIGKILL');
      story.push('killed');
    }
    for (const run of runs) {
      const ran = await run.done;
      texts.push(said(ran));
      const context = `round ${round}: ${story.join('; ')}\n${said(ran)}`;
      if (ran.stdout.includes('-waiting"')) counts.waited++;
      else counts.besides++;
      // An input that is edited again and again while a command runs is the one good reason to fail.
      if (ran.signal === null && !ran.stdout.includes('input-changed')) expect(ran.code, context).toBe(0);
      expect(said(ran), context).not.toMatch(/damaged|orch-bug|internal error/i);
    }
    // What one run makes, the other has no reason to make again.
    if (isPlain) {
      counts.reuses++;
      const ran = at.ran();
      const twice = ran.filter((name, index) => ran.indexOf(name) !== index);
      expect(twice, `round ${round}: ${story.join('; ')}\n${texts.join('\n')}`).toEqual([]);
    }
    // A command of a killed run may have been ended only by this one.
    const last = await at.orch(['run', 'all']);
    expect(last.code, `round ${round}: ${story.join('; ')}\n${said(last)}`).toBe(0);
    const left = Object.fromEntries(Object.entries(at.under('o')).filter(([, content]) => content !== null));
    const must = expected(at.read('s1'), at.read('s2'));
    for (const [path, content] of Object.entries(must))
      expect(left[path], `round ${round}: ${story.join('; ')}: ${path}\n${said(last)}`).toBe(content);
    const idle = await at.orch(['run', '--json', 'all']);
    expect(idle.stdout, `round ${round}: ${story.join('; ')}: nothing was left to do`).toContain(
      '"run":0,"restored":0',
    );
    // Nobody edited an output, so nothing may have been taken for a user's file.
    expect(at.under('.cache/replaced'), `round ${round}: ${story.join('; ')}`).toEqual({});
  }
});
