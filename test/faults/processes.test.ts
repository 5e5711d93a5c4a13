/** FAULTS 76 and 82: commands that write more than there is memory, and that start more than there is room for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gate, holdAt, until } from '../e2e/support/gate.ts';
import { said, scenario, task } from '../e2e/support/scenario.ts';
import { cleanEnv, ORCH } from '../support/project.ts';

const onLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;
const GIGABYTE = 1_000_000_000;

/** The most memory that a live process has ever had, in bytes. */
function peakBytes(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) * 1024;
}

/** Those too that have ended and wait to be collected: they count against the limit. */
function processesOf(uid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid);
}

interface Ran {
  readonly code: number | null;
  readonly said: string;
}

function run(argv: readonly string[], cwd: string, env: Record<string, string>): Promise<Ran> {
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said: text }));
  });
}

describe.runIf(onLinux)('FAULT 76: of a task that writes 1 GB', () => {
  const LINE = '0123456789'.repeat(10);

  it.each([
    ['shown live', ['-v'], {}],
    ['kept quiet', ['--output', 'quiet'], {}],
    ['masked', ['--output', 'quiet'], { secrets: ['TOKEN'] }],
    ['shown to a reader that never reads', ['-v'], {}],
  ])(
    '%s: orch takes less than 200 MB, and keeps the head and the tail of the log',
    async (how, args, fields) => {
      const s = scenario({
        loud: task(
          'loud',
          `echo the beginning\nyes ${LINE} | head -c ${GIGABYTE}\necho; echo the end; : > ended`,
          fields,
        ),
        after: task('after', holdAt('after'), { needs: [{ task: 'loud', order_only: true }] }),
      });
      s.env['TOKEN'] = 'a-secret-value';
      const after = gate(s, 'after');
      const neverReads = how.includes('never');
      const child = spawn(ORCH, ['run', ...args, 'after'], {
        cwd: s.dir,
        env: s.environment(),
        stdio: ['ignore', neverReads ? 'pipe' : 'ignore', 'ignore'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = once(child, 'exit');
      // More waits for such a reader than may: the run goes on when it reads.
      if (neverReads) await until(() => s.exists('ended'), 'the end of the command', 90_000);
      else await until(() => after.count() > 0, 'the end of the loud task', 90_000);
      expect(peakBytes(child.pid!)).toBeLessThan(200_000_000);
      after.release();
      child.stdout?.resume();
      expect(await ended).toEqual([0, null]);
      const [log] = Object.entries(s.under('.cache/logs')).flatMap(([path, text]) =>
        path.includes('loud') ? [text] : [],
      );
      expect(log!.length).toBeLessThan(101_000_000);
      expect(log!.startsWith('the beginning\n')).toBe(true);
      expect(log!.endsWith('the end\n')).toBe(true);
    },
    120_000,
  );
});

describe.runIf(onLinux && isRoot)(
  'FAULT 82: a task that forks without end, of a user who may have few processes',
  () => {
    it('fails; orch survives, leaves no process, and runs the next one', async () => {
      const s = scenario({
        bomb: task('bomb', 'fork() { fork & fork & wait; }; fork; exit 1', { timeout: '5s', grace: '1s' }),
        calm: task('calm', 'echo calm > calm.txt', { outputs: ['calm.txt'] }),
      });
      // A user of its own, so that nobody else's processes count.
      const uid = 61_000 + (process.pid % 4_000);
      for (const path of [s.dir, s.path('orch.yaml'), s.outside, s.gates, `${s.outside}/trace`]) {
        chownSync(path, uid, uid);
        chmodSync(path, path.endsWith('trace') || path.endsWith('yaml') ? 0o666 : 0o777);
      }
      const as = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'prlimit', '--nproc=40'];
      const env = { ...s.env, TRACE: `${s.outside}/trace`, HOME: s.dir };
      const ran = await run([...as, ORCH, 'run', 'bomb'], s.dir, env);
      expect(ran.code, ran.said).toBe(1);
      await until(() => processesOf(uid).length === 0, 'the end of its processes');
      const next = await run([...as, ORCH, 'run', 'calm'], s.dir, env);
      expect(next.code, next.said).toBe(0);
      expect(s.read('calm.txt')).toBe('calm\n');
      expect(said(await s.orch(['status']))).not.toContain('error');
    }, 60_000);
  },
);
