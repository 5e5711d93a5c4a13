/**
 * A throw-away project for tests that drive the real binary: files are written into a temporary folder,
 * `orch` is run there as a user would, and the folder goes away with the test.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The binary as users call it. */
export const ORCH = fileURLToPath(new URL('../../bin/orch', import.meta.url));

export interface Ran {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Relative to the project's folder. */
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** An `orch` that is still running. */
export interface Running {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  stdoutSoFar(): string;
  /** Resolves as soon as stdout so far matches; rejects when it ends without. */
  stdoutMatches(pattern: RegExp): Promise<void>;
  stderrMatches(pattern: RegExp): Promise<void>;
  readonly done: Promise<Ran>;
}

/** The user's environment without what would make a test depend on where it runs. */
export function cleanEnv(extra: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };
  for (const name of Object.keys(env))
    if (name.startsWith('ORCH_') || name.startsWith('VITEST')) delete env[name];
  for (const name of [
    'CI',
    'GITHUB_ACTIONS',
    'NO_COLOR',
    'FORCE_COLOR',
    'MAKEFLAGS',
    'MAKELEVEL',
    'NODE_EXTRA_CA_CERTS',
    'NODE_OPTIONS',
    'NODE_ENV',
  ])
    delete env[name];
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}

export class Project {
  constructor(readonly dir: string) {}

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  write(path: string, content: string | Uint8Array, mode?: number): void {
    const file = this.path(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (mode !== undefined) chmodSync(file, mode);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(this.path(path));
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true, force: true });
  }

  /** Runs `orch ARGS` to its end. */
  orch(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.start(args, options).done;
  }

  /** Starts `orch ARGS` and returns at once. */
  start(args: readonly string[], options: RunOptions = {}): Running {
    const child = spawn(ORCH, args, {
      cwd: options.cwd === undefined ? this.dir : this.path(options.cwd),
      env: cleanEnv(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const listeners = new Set<() => void>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      for (const listen of listeners) listen();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      for (const listen of listeners) listen();
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 50_000);
    const done = new Promise<Ran>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        resolve({ code, signal, stdout, stderr });
      });
    });
    const comesTo = (said: () => string, pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const listen = () => {
          if (!pattern.test(said())) return;
          listeners.delete(listen);
          resolve();
        };
        listeners.add(listen);
        listen();
        void done.then(
          (ran) => reject(new Error(`ended without ${pattern}: ${ran.stdout}\n${ran.stderr}`)),
          reject,
        );
      });
    return {
      pid: child.pid ?? -1,
      kill: (signal) => void child.kill(signal),
      stdoutSoFar: () => stdout,
      stdoutMatches: (pattern) => comesTo(() => stdout, pattern),
      stderrMatches: (pattern) => comesTo(() => stderr, pattern),
      done,
    };
  }
}

/** A project with these files (path -> content); removed when the test ends. */
export function makeProject(files: Readonly<Record<string, string>> = {}): Project {
  const project = new Project(realpathSync(mkdtempSync(join(tmpdir(), 'orch-test-'))));
  onTestFinished(() => rmSync(project.dir, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) project.write(path, content);
  return project;
}
