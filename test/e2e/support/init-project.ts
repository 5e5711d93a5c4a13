/**
 * A project of another tool from `test/e2e/fixtures/init/NAME/project`, copied to a folder of that name, for tests
 * of `orch init`; beside it lies the pipeline that is expected (`orch.yaml`, renewed by `vitest -u`).
 */
import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import {
  cleanEnv,
  makeProject,
  Project,
  type Ran,
  type Running,
  type RunOptions,
} from '../../support/project.ts';
import { said } from './scenario.ts';

export const FIXTURES = fileURLToPath(new URL('../fixtures/init/', import.meta.url));

export class FoundProject extends Project {
  /** Variables that every `orch` here gets. */
  readonly env: Record<string, string> = {};

  constructor(
    dir: string,
    private readonly fixture: string,
  ) {
    super(dir);
  }

  override start(args: readonly string[], options: RunOptions = {}): Running {
    return super.start(args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs `orch ARGS` and expects this exit code. */
  async exits(code: number, ...args: string[]): Promise<Ran> {
    const ran = await this.orch(args);
    expect(ran.code, `orch ${args.join(' ')}\n${said(ran)}`).toBe(code);
    return ran;
  }

  ok(...args: string[]): Promise<Ran> {
    return this.exits(0, ...args);
  }

  /**
   * `orch init ARGS`, and what must hold of every starter: it is the expected text, `orch validate` finds neither
   * errors nor warnings, and the schema lies where the file says.
   */
  async init(...args: string[]): Promise<Ran> {
    const ran = await this.ok('init', ...args);
    const text = this.read('orch.yaml');
    await expect(text).toMatchFileSnapshot(`${FIXTURES}${this.fixture}/orch.yaml`);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=.orch.schema.json');
    expect(this.read('.orch.schema.json')).toBe((await this.ok('schema')).stdout);
    expect((await this.ok('validate')).stderr).toBe('');
    return ran;
  }

  /** The tasks whose commands ran in `orch run ARGS`, which must end well, by name. */
  async ran(...args: string[]): Promise<string[]> {
    const { stdout } = await this.ok('run', '--json', ...args);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; task?: string });
    return events.flatMap(({ event, task }) => (event === 'task-started' ? [task!] : [])).toSorted();
  }

  /** Runs another program here to its end, which must be a good one. */
  command(program: string, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: this.dir,
        env: cleanEnv(),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
      });
      child.stderr.on('data', (chunk) => {
        text += chunk;
      });
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0 ? resolve(text) : reject(new Error(`${program}: ${code}\n${text}`)),
      );
    });
  }
}

/** A copy of a fixture; it goes away with the test. */
export function foundProject(fixture: string): FoundProject {
  const dir = makeProject().path(fixture);
  cpSync(`${FIXTURES}${fixture}/project`, dir, { recursive: true });
  return new FoundProject(dir, fixture);
}

/** A folder with these files, that has no fixture. */
export function folderWith(files: Readonly<Record<string, string>>): FoundProject {
  const outer = makeProject();
  const project = new FoundProject(outer.path('found'), 'none');
  for (const [path, text] of Object.entries({ '.keep': '', ...files })) project.write(path, text);
  return project;
}
