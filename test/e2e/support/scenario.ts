/**
 * What every end-to-end scenario shares: a project whose commands leave a trace outside of it, so that a test
 * knows which of them ran, and short ways to run `orch` and look at how it ended.
 * It knows the contract's words only, nothing of how orch is built.
 */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { RunEvent, TaskOutcome } from '../../../src/model/event.ts';
import {
  cleanEnv,
  makeProject,
  ORCH,
  Project,
  type Ran,
  type Running,
  type RunOptions,
} from '../../support/project.ts';
import { entriesUnder } from './tree.ts';

/** A task or pipeline as it stands in the file. Pipelines are written as JSON, which is YAML. */
export type Fields = Readonly<Record<string, unknown>>;

/** A task whose command first appends `name` to the trace. */
export function task(name: string, script = '', fields: Fields = {}): Fields {
  return { run: `echo "${name}" >> "$TRACE"\n${script}`, ...fields };
}

/** The text of a pipeline file. */
export function flow(tasks: Fields, fields: Fields = {}): string {
  return `${JSON.stringify({ version: 1, name: 'flow', ...fields, tasks }, null, 2)}\n`;
}

export class Scenario extends Project {
  /** A folder outside of the root that lives as long as the project. */
  readonly outside: string;
  /** Variables that every `orch` of this scenario gets. */
  readonly env: Record<string, string> = {};

  constructor(dir: string, outside: string) {
    super(dir);
    this.outside = outside;
    mkdirSync(join(outside, 'gates'));
    writeFileSync(this.trace, '');
  }

  private get trace(): string {
    return join(this.outside, 'trace');
  }

  get gates(): string {
    return join(this.outside, 'gates');
  }

  private get variables(): Record<string, string> {
    return { TRACE: this.trace, GATES: this.gates, OUTSIDE: this.outside, BIN: ORCH, ...this.env };
  }

  /** The whole environment of a process that a test starts by itself. */
  environment(): NodeJS.ProcessEnv {
    return cleanEnv(this.variables);
  }

  override start(args: readonly string[], options: RunOptions = {}): Running {
    return super.start(args, { ...options, env: { ...this.variables, ...options.env } });
  }

  /** Writes `orch.yaml`. */
  flow(tasks: Fields, fields: Fields = {}): void {
    this.write('orch.yaml', flow(tasks, fields));
  }

  append(path: string, text: string): void {
    appendFileSync(this.path(path), text);
  }

  /** The commands that ran since this was last asked, in the order of their starts. */
  ran(): string[] {
    const lines = readFileSync(this.trace, 'utf8').split('\n').slice(0, -1);
    writeFileSync(this.trace, '');
    return lines;
  }

  /** Runs `orch ARGS` and expects this exit code. */
  async exits(code: number, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const ran = await this.orch(args, options);
    expect(ran.code, `orch ${args.join(' ')}\n${said(ran)}`).toBe(code);
    return ran;
  }

  /** Runs `orch ARGS`, which must end well. */
  ok(...args: string[]): Promise<Ran> {
    return this.exits(0, args);
  }

  /** Runs `orch run ARGS` and says which commands ran. */
  async run(...args: string[]): Promise<string[]> {
    this.ran();
    await this.ok('run', ...args);
    return this.ran();
  }

  /** How each task ended in `orch run --json ARGS`, which must end well. */
  async outcomes(...args: string[]): Promise<Record<string, TaskOutcome>> {
    return outcomesOf(eventsOf(await this.ok('run', '--json', ...args)));
  }

  /** Every entry under a folder of the project: path within it -> content. */
  under(path: string): Record<string, string> {
    return entriesUnder(this.path(path));
  }

  /** Everything of the project that orch has no business to touch. */
  userTree(): Record<string, string> {
    return entriesUnder(this.dir, ['.cache']);
  }
}

/** A scenario with these files besides an `orch.yaml` of these tasks. */
export function scenario(
  tasks: Fields,
  files: Readonly<Record<string, string>> = {},
  fields: Fields = {},
): Scenario {
  const made = bareScenario(files);
  made.flow(tasks, fields);
  return made;
}

/** A scenario without an `orch.yaml`. */
export function bareScenario(files: Readonly<Record<string, string>> = {}): Scenario {
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'orch-outside-')));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  return new Scenario(makeProject(files).dir, outside);
}

/** All that a run said, on both streams. */
export function said(ran: Ran): string {
  return `${ran.stdout}\n${ran.stderr}`;
}

/** The events of a `run --json`; anything else on stdout is a failure. */
export function eventsOf(ran: Ran): RunEvent[] {
  return ran.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent);
}

/** A task without the name of its pipeline: `flow:train[m=1]` is `train[m=1]`. */
export function bareName(name: string): string {
  return name.replace(/^[A-Za-z0-9_-]+:/, '');
}

export function outcomesOf(events: readonly RunEvent[]): Record<string, TaskOutcome> {
  const outcomes: Record<string, TaskOutcome> = {};
  for (const event of events)
    if (event.event === 'task-finished') outcomes[bareName(event.task)] = event.outcome;
  return outcomes;
}
