/**
 * Where the values of declared secrets come from: the environment, then a file outside git (`.env.secrets` in the
 * root, or what ORCH_SECRETS_FILE names). They are held in memory only. What a run refuses about them is in
 * `secret-checks`.
 */
import { readFileSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnvFile } from '../base/env-file.ts';
import { createMasker, isWeakSecret, type Masker } from '../base/mask.ts';
import type { Secrets } from '../model/secrets.ts';
import type { Pipeline } from '../model/task.ts';

export const SECRETS_FILE = '.env.secrets';
const VARIABLE = 'ORCH_SECRETS_FILE';
/** Far more than any file of names and values. */
const MAX_FILE_BYTES = 1_000_000;

export interface ProjectSecrets extends Secrets {
  /** Of all values but the shortest, which would shred orch's own words; in logs those are masked too. */
  readonly masker: Masker;
  /** The file that values were taken from, null where none was. */
  readonly file: SecretsFile | null;
  /** Why the file couldn't be used; shows nothing of it. */
  readonly problem: { readonly message: string; readonly hint: string } | null;
}

export interface SecretsFile {
  /** Absolute. */
  readonly path: string;
  /** As users know it. */
  readonly shown: string;
  readonly stats: Stats;
}

export const NO_SECRETS: ProjectSecrets = {
  declared: new Set(),
  values: new Map(),
  masker: createMasker([]),
  file: null,
  problem: null,
};

/** Reads the file only where the environment lacks a declared secret. */
export function readSecrets(
  pipelines: readonly Pipeline[],
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): ProjectSecrets {
  const declared = new Set(pipelines.flatMap(({ tasks }) => tasks.flatMap(({ secrets }) => secrets)));
  if (declared.size === 0) return NO_SECRETS;
  const values = new Map<string, string>();
  for (const name of declared) {
    const value = environment[name] ?? '';
    if (value !== '') values.set(name, value);
  }
  const finished = (file: SecretsFile | null, problem: ProjectSecrets['problem']): ProjectSecrets => ({
    declared,
    values,
    masker: createMasker([...values.values()].filter((value) => !isWeakSecret(value))),
    file,
    problem,
  });
  if (values.size === declared.size) return finished(null, null);

  const named = environment[VARIABLE] || null;
  const path = resolve(root, named ?? SECRETS_FILE);
  const shown = named ?? SECRETS_FILE;
  const hint = named === null ? 'correct it, or set the secrets as variables' : `${VARIABLE} names this file`;
  let text: string;
  let stats: Stats;
  try {
    stats = statSync(path);
    if (stats.isDirectory() || stats.size > MAX_FILE_BYTES)
      return finished(null, {
        message: `the secrets file ${shown} is ${stats.isDirectory() ? 'a folder' : `larger than ${MAX_FILE_BYTES} bytes`}`,
        hint,
      });
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && named === null) return finished(null, null);
    const message = `the secrets file ${shown} ${code === 'ENOENT' ? 'does not exist' : `can't be read (${code})`}`;
    return finished(null, { message, hint });
  }
  const parsed = parseEnvFile(text);
  if (!parsed.ok)
    return finished(null, {
      message: `${shown}:${parsed.error.line}: ${parsed.error.message}`,
      hint: 'a line is NAME=VALUE, with the value in quotes where it holds a # or several lines',
    });
  let isUsed = false;
  for (const name of declared) {
    const value = values.has(name) ? '' : (parsed.value.get(name) ?? '');
    if (value === '') continue;
    values.set(name, value);
    isUsed = true;
  }
  return finished(isUsed ? { path, shown, stats } : null, null);
}
