/**
 * A bug in orch is one line, a file with the details and how to report it, exit 3, never a bare stack. The faults are
 * real ones: node is told to load a file that breaks one of its own functions before orch starts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Scenario, scenario, task } from './support/scenario.ts';

/** A project whose node has a fault, and whose temporary folder is its own. */
function faulty(code: string): Scenario {
  const s = scenario({ make: task('make', 'echo made > out.txt', { outputs: ['out.txt'] }) });
  s.write('fault.cjs', code);
  s.env['NODE_OPTIONS'] = `--require ${s.path('fault.cjs')}`;
  s.env['TMPDIR'] = s.outside;
  return s;
}

function reportsOf(s: Scenario): string[] {
  return readdirSync(s.outside)
    .filter((name) => name.startsWith('orch-bug-'))
    .map((name) => readFileSync(join(s.outside, name, 'report.txt'), 'utf8'));
}

const LINE =
  /^orch: internal error: ([^\n]*); this is a bug in orch, not in your pipeline: please report it with the file (\S+)\n$/;

describe('an internal error', () => {
  it('thrown by a command is one line and a file', async () => {
    const s = faulty(
      "require('os').cpus = () => { throw new TypeError('cpus is broken\\nin two lines'); };\n",
    );
    const ran = await s.exits(3, ['run', '--date', '2024-01-31', 'make']);
    const [, message, file] = LINE.exec(ran.stderr) ?? [];
    expect(message).toBe('cpus is broken');
    const text = readFileSync(file!, 'utf8');
    expect(text).toMatch(/^orch \d+\.\d+\.\d+\S*, node v\d+/m);
    expect(text).toContain('command line: ["run","--date","2024-01-31","make"]');
    expect(text).toMatch(/TypeError: cpus is broken\nin two lines\n\s+at /);
    expect(reportsOf(s)).toEqual([text]);
  });

  const RUNS = ['run', 'make'];

  it.each([
    ['thrown in a callback', "setImmediate(() => { throw new Error('late'); });"],
    [
      'of a promise that nobody waits for',
      "Promise.reject(new Error('late', { cause: new Error('deep') }));",
    ],
  ])('%s too, and the next run goes on from there', async (_how, fault) => {
    const s = faulty(
      `const child = require('child_process'); const { spawn } = child;\nchild.spawn = (...args) => { ${fault} return spawn(...args); };\n`,
    );
    const ran = await s.exits(3, RUNS);
    expect(LINE.exec(ran.stderr)?.[1]).toBe('late');
    const [text] = reportsOf(s);
    expect(text).toMatch(/Error: late\n\s+at /);
    expect(text?.includes('deep')).toBe(fault.includes('deep'));
    delete s.env['NODE_OPTIONS'];
    await s.exits(0, RUNS);
    expect(s.read('out.txt')).toBe('made\n');
  });

  it.each([
    [
      'beside the way of the run',
      "const child = require('child_process'); const { spawn } = child;\nchild.spawn = (...args) => { if (String(args[1]).includes('set-it-off')) setImmediate(() => { throw new Error('late'); }); return spawn(...args); };\n",
    ],
    [
      'on its way',
      "const fs = require('fs'); const { openSync } = fs;\nfs.openSync = (...args) => { if (/set-it-off[^/]*log$/.test(String(args[0]))) throw new Error('late'); return openSync(...args); };\n",
    ],
  ])('%s ends the commands that are running, with all that they started', async (_where, fault) => {
    const s = faulty(fault);
    s.flow({
      held: task(
        'held',
        'sleep 1000 & echo $! > "$OUTSIDE/pid.new"; mv "$OUTSIDE/pid.new" "$OUTSIDE/pid"; wait',
        {
          outputs: ['held.txt'],
        },
      ),
      ready: task('ready', 'until [ -e "$OUTSIDE/pid" ]; do sleep 0.02; done'),
      'set-it-off': task('set-it-off', '', { needs: ['ready'] }),
      after: task('after', '', { needs: ['set-it-off'] }),
    });
    const ran = await s.exits(3, ['run', '-j', '4', 'held', 'after']);
    expect(LINE.exec(ran.stderr.slice(ran.stderr.indexOf('orch:')))?.[1], ran.stderr).toBe('late');
    expect(isRunning(Number(readFileSync(join(s.outside, 'pid'), 'utf8')))).toBe(false);
    expect(s.ran()).not.toContain('after');
    delete s.env['NODE_OPTIONS'];
    s.flow({ held: task('held', 'echo done > held.txt', { outputs: ['held.txt'] }) });
    expect((await s.ok('run', 'held')).stderr).toBe('');
  });

  it('stays one line where no file can be written', async () => {
    const s = faulty("require('os').cpus = () => { throw new TypeError('cpus is broken'); };\n");
    s.env['TMPDIR'] = s.path('no/such/folder');
    const { stderr } = await s.exits(3, RUNS);
    expect(stderr).toMatch(
      /^orch: internal error: cpus is broken; [^\n]*please report it \(at [^\n]*fault\.cjs[^\n]*\)\n$/,
    );
  });

  it('of something that is no Error is told as well', async () => {
    const s = faulty("require('os').cpus = () => { throw { code: 7 }; };\n");
    expect(LINE.exec((await s.exits(3, RUNS)).stderr)?.[1]).toBe('{ code: 7 }');
  });

  it('while looking whether a run is idle is no reason not to run', async () => {
    const s = faulty(
      "const fs = require('fs'); const { existsSync } = fs; let calls = 0;\nfs.existsSync = (path) => { if (++calls === 1) throw new Error('broken once'); return existsSync(path); };\n",
    );
    await s.exits(0, RUNS);
    expect(reportsOf(s)).toEqual([]);
  });
});

/** A process that has ended and that nobody has asked for its end yet runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('output that cannot be written', () => {
  it('is told, and no success', async () => {
    const s = scenario({ make: task('make') });
    for (const command of ['list', 'validate', 'schema', 'help errors']) {
      s.write('lost.sh', `"$BIN" ${command} > /dev/full\n`);
      const { stderr, code } = await run(s, 'lost.sh');
      expect(code, command).toBe(3);
      expect(stderr).toBe('error: what was to be printed is lost (ENOSPC)\n');
    }
  });
});

async function run(s: Scenario, script: string): Promise<{ code: number | null; stderr: string }> {
  const { spawn } = await import('node:child_process');
  const child = spawn('sh', [script], {
    cwd: s.dir,
    env: s.environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stderr };
}
