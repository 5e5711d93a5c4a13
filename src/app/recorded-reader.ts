/**
 * Reads what tasks recorded, for texts that refer to it: from the disk where it lies there as recorded, else from
 * the cache. Writes nothing, so runs and those who only look share it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadedHasher } from '../base/digest.ts';
import type { ResultStore } from '../cache/result-store.ts';
import type { JsonValue } from '../model/ids.ts';
import type { RunContext } from '../scheduler/context.ts';
import type { Layout } from '../state/layout.ts';

export function recordedReader(
  layout: Layout,
  store: ResultStore | null,
): Pick<RunContext, 'readRecorded' | 'readMetrics'> {
  const readRecorded: RunContext['readRecorded'] = (path, digest) => {
    const onDisk = readIfThere(join(layout.root, path));
    if (onDisk !== null && loadedHasher().digestBytes(onDisk) === digest) return onDisk;
    return store?.readContent(digest) ?? null;
  };
  return {
    readRecorded,
    readMetrics(path, entry) {
      const bytes =
        entry?.kind === 'file' ? readRecorded(path, entry.digest) : readIfThere(join(layout.root, path));
      return bytes === null ? undefined : parse(bytes);
    },
  };
}

function readIfThere(file: string): Uint8Array | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}

function parse(bytes: Uint8Array): JsonValue | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonValue;
  } catch {
    return undefined;
  }
}
