/**
 * A copy of the flagship pipeline in a folder of its own, and short ways to run it and to look at what it made.
 * The copy is the repository's own pipelines/, but for a probe that leaves a trace.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import { ORCH } from '../../support/project.ts';
import { bareName, eventsOf, outcomesOf, Scenario } from './scenario.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

export const PREPARING = ['extract', 'validate_data', 'transform', 'features'];
export const FOLLOWING = ['train', 'validate_model', 'save_artifacts', 'deploy'];

/** The tasks that prepare these months. */
export function preparing(...months: string[]): string[] {
  return months.flatMap((month) => PREPARING.map((name) => `${name}[month=${month}]`));
}

export interface Did {
  /** Tasks whose command was started, sorted. */
  readonly started: readonly string[];
  readonly restored: readonly string[];
  readonly events: readonly RunEvent[];
}

const folders: string[] = [];
function temporaryFolder(name: string): string {
  folders.push(realpathSync(mkdtempSync(join(tmpdir(), `orch-${name}-`))));
  return folders.at(-1)!;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export class Taxi extends Scenario {
  constructor() {
    super(temporaryFolder('taxi'), temporaryFolder('outside'));
    this.env['PATH'] = `${dirname(ORCH)}${delimiter}${process.env['PATH']}`;
    symlinkSync(join(REPOSITORY, 'node_modules'), this.path('node_modules'));
    this.copyPipelines();
  }

  /** Everything as in the repository, but for a probe that leaves a trace; no task lists it as an input. */
  copyPipelines(): void {
    cpSync(join(REPOSITORY, 'pipelines'), this.path('pipelines'), { recursive: true });
    const note =
      "import { appendFileSync as note } from 'node:fs';\nnote(process.env.TRACE, 'probe ' + process.argv.slice(2).join(' ') + '\\n');\n";
    this.write('pipelines/taxi/probe.mjs', note + this.read('pipelines/taxi/probe.mjs'));
  }

  async settled(): Promise<this> {
    this.copyPipelines();
    await this.ok('run', 'deploy');
    this.ran();
    return this;
  }

  /** `orch run --json ARGS`, which must end with this exit code. */
  async does(args: readonly string[], code = 0): Promise<Did> {
    const events = eventsOf(await this.exits(code, ['run', '--json', ...args]));
    const outcomes = Object.entries(outcomesOf(events));
    return {
      started: events
        .flatMap((event) => (event.event === 'task-started' ? [bareName(event.task)] : []))
        .sort(),
      restored: outcomes.flatMap(([task, outcome]) => (outcome === 'restored' ? [task] : [])).sort(),
      events,
    };
  }

  /** What `orch cache info` says of the content. */
  async cacheBytes(): Promise<number> {
    const { stdout } = await this.ok('cache', 'info', '--json');
    return (JSON.parse(stdout) as { sizeBytes: number }).sizeBytes;
  }

  json<T = Record<string, unknown>>(path: string): T {
    return JSON.parse(this.read(path)) as T;
  }

  sha256(path: string): string {
    return createHash('sha256')
      .update(readFileSync(this.path(path)))
      .digest('hex');
  }

  pointer(name: 'current' | 'previous'): string {
    return readlinkSync(this.path('deploy', name)).replace(/^releases\//, '');
  }

  get digest(): string {
    return this.json<{ digest: string }>('build/release/release.json').digest;
  }

  make(...args: string[]): { code: number | null; text: string } {
    const { status, stdout, stderr } = spawnSync('make', args, {
      cwd: this.dir,
      env: this.environment(),
      encoding: 'utf8',
    });
    return { code: status, text: stdout + stderr };
  }
}

/** A process that has certainly ended: its number is free, or too young to be met again here. */
export function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

export function finishOf(events: readonly RunEvent[], name: string) {
  return events.find((event) => event.event === 'task-finished' && bareName(event.task) === name);
}

export function countsOf(events: readonly RunEvent[]) {
  const last = events.at(-1);
  return last?.event === 'run-finished' ? last.counts : null;
}
