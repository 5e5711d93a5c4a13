/** Reads metrics files: from the disk, or, where an output lies only in the cache, from a temporary copy of it. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultStore } from '../cache/result-store.ts';
import type { JsonValue } from '../model/ids.ts';
import type { RunContext } from '../scheduler/context.ts';
import type { Layout } from '../state/layout.ts';

export function metricsReader(layout: Layout, store: ResultStore | null): RunContext['readMetrics'] {
  return async (path, entry) => {
    const onDisk = parse(join(layout.root, path));
    if (onDisk !== undefined || entry === null || store === null) return onDisk;
    const folder = join(layout.tmp, `metrics-${process.pid}`);
    try {
      await store.restore([entry], folder);
      return parse(join(folder, path));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

function parse(file: string): JsonValue | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JsonValue;
  } catch {
    return undefined;
  }
}
