/** A throw-away root for tests of the fingerprinter, and shorthands for declared inputs and outputs. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  createFingerprinter,
  type Fingerprinter,
  type FingerprinterRequest,
} from '../../src/fingerprint/fingerprinter.ts';
import { type Fingerprint, isUnusable, type Reading } from '../../src/fingerprint/path-reader.ts';
import type { InputSpec, OutputSpec } from '../../src/model/task.ts';

const POSITION = { file: 'orch.yaml', line: 1, column: 1 };

export class Root {
  readonly stateDir: string;

  constructor(readonly dir: string) {
    this.stateDir = join(dir, '.cache', 'state', 'v1');
  }

  path(path: string): string {
    return join(this.dir, path);
  }

  write(path: string, content: string | Uint8Array = path, mode?: number): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
    if (mode !== undefined) chmodSync(this.path(path), mode);
  }

  folder(path: string): void {
    mkdirSync(this.path(path), { recursive: true });
  }

  link(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    symlinkSync(text, this.path(path));
  }

  /** Puts mtime back; ctime can't be set, so it tells of this and of everything before. */
  age(path: string, unixSeconds = 1_700_000_000.5): void {
    utimesSync(this.path(path), unixSeconds, unixSeconds);
  }

  async open(options: Partial<FingerprinterRequest> = {}): Promise<Fingerprinter> {
    const fingerprinter = await createFingerprinter({
      root: this.dir,
      stateDir: this.stateDir,
      readOnly: false,
      rehash: false,
      allowLinks: [],
      ...options,
    });
    onTestFinished(() => fingerprinter.close());
    return fingerprinter;
  }
}

export function makeRoot(files: readonly string[] = [], dir?: string): Root {
  const root = new Root(dir ?? realpathSync(mkdtempSync(join(tmpdir(), 'orch-fingerprint-'))));
  if (dir === undefined) onTestFinished(() => rmSync(root.dir, { recursive: true, force: true }));
  mkdirSync(root.stateDir, { recursive: true });
  for (const path of files) root.write(path);
  return root;
}

/** `!x` negated, a final `/` a folder, `*?{` a glob, else literal: as the loader reads them. */
export function input(written: string, more: Partial<InputSpec> = {}): InputSpec {
  const negated = written.startsWith('!');
  const path = negated ? written.slice(1) : written;
  const kind = /[*?{]/.test(path) ? 'glob' : path.endsWith('/') ? 'folder' : 'file';
  const bare = path.replace(/(.)\/$/, '$1').replace(/^\.$/, '');
  return {
    name: null,
    kind,
    path: bare,
    negated,
    optional: false,
    external: false,
    store: true,
    position: POSITION,
    ...more,
  };
}

export function output(written: string, more: Partial<OutputSpec> = {}): OutputSpec {
  const kind = /[*?{]/.test(written) ? 'glob' : written.endsWith('/') ? 'folder' : 'file';
  return {
    name: null,
    kind,
    path: written.replace(/\/$/, ''),
    store: true,
    metrics: false,
    position: POSITION,
    ...more,
  };
}

export const nothingMade = { isMade: () => false };

/** The one reading of a path, which must be usable. */
export async function read(fingerprinter: Fingerprinter, path: string): Promise<Fingerprint> {
  const reading = await readAny(fingerprinter, path);
  if (reading === null || isUnusable(reading)) throw new Error(`${path}: ${reading?.message ?? 'absent'}`);
  return reading;
}

export async function readAny(fingerprinter: Fingerprinter, path: string): Promise<Reading> {
  return (await fingerprinter.read([path])).get(path) ?? null;
}

export async function matched(
  fingerprinter: Fingerprinter,
  ...written: readonly (string | InputSpec)[]
): Promise<string[]> {
  const specs = written.map((each) => (typeof each === 'string' ? input(each) : each));
  const { matches, problems } = await fingerprinter.matchInputs(specs, nothingMade);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return [...new Set(matches.map((match) => match.path))];
}
