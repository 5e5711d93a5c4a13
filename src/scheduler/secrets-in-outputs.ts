/**
 * Finds declared secrets in what a task made: such a result is the user's own business where it lies, but goes into
 * no cache, from where it could be restored or shared long after the secret was changed.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createMasker, isWeakSecret } from '../base/mask.ts';
import type { Result } from '../model/result.ts';
import type { Secrets } from '../model/secrets.ts';
import type { Task } from '../model/task.ts';

const CHUNK_BYTES = 1_000_000;

/** The first output with a secret of the task in it, null where there is none. Reads the outputs; throws the system's error. */
export function outputWithSecret(
  task: Task,
  { outputs }: Result,
  { values }: Secrets,
  root: string,
): string | null {
  const own = task.secrets.flatMap((name) => values.get(name) ?? []);
  const masker = createMasker(own.filter((value) => !isWeakSecret(value)));
  if (masker.isEmpty) return null;
  const found = outputs.find(
    (entry) => entry.kind === 'file' && entry.stored && masker.occursIn(chunksOf(join(root, entry.path))),
  );
  return found?.path ?? null;
}

function* chunksOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const bytes = readSync(file, chunk);
      if (bytes === 0) return;
      yield chunk.subarray(0, bytes);
    }
  } finally {
    closeSync(file);
  }
}
