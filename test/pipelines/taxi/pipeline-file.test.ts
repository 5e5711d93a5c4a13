/** What taxi.yaml says about its scripts, checked against the scripts: a forgotten input would be a stale result. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { library } from './stages.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

interface TaskText {
  readonly matrix?: unknown;
  readonly run: string;
  readonly inputs: Readonly<Record<string, string | readonly string[]>>;
}
const { tasks } = parse(readFileSync(join(ROOT, 'pipelines/taxi.yaml'), 'utf8')) as {
  tasks: Record<string, TaskText>;
};

/** The script and all that it imports from beside it, in turn. */
function closure(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, target] of readFileSync(join(ROOT, path), 'utf8').matchAll(
    /^(?:import|export)\s.*?from '(\.[^']+)';$/gms,
  )) {
    closure(join(dirname(path), target!), found);
  }
  return found;
}

describe('taxi.yaml', () => {
  it.each(Object.entries(tasks))('lists what %s runs and imports, and no more', (_name, task) => {
    const run = new Set([...task.run.matchAll(/pipelines\/taxi\/[\w-]+\.mjs/g)].map(([path]) => path));
    if (task.inputs['serve'] !== undefined) run.add(task.inputs['serve'] as string);
    const listed = Object.values(task.inputs)
      .flat()
      .filter((path) => path.endsWith('.mjs'));
    const needed = new Set<string>();
    for (const path of run) closure(path, needed);
    expect(listed.sort()).toEqual([...needed].sort());
  });

  it('uses every script', () => {
    const text = readFileSync(join(ROOT, 'pipelines/taxi.yaml'), 'utf8');
    for (const script of readdirSync(join(ROOT, 'pipelines/taxi')).filter((name) => name.endsWith('.mjs'))) {
      expect(text).toContain(`pipelines/taxi/${script}`);
    }
  });

  it('prepares a month by its name alone, so that training and validation share it', () => {
    for (const name of ['extract', 'validate_data', 'transform', 'features']) {
      const { matrix: _months, ...rest } = tasks[name]!;
      expect(JSON.stringify(rest)).not.toMatch(/params\.(year|month)\b/);
    }
  });

  it('is written for the DuckDB that is installed with this project', async () => {
    const { DUCKDB_VERSION } = await library<{ DUCKDB_VERSION: string }>('duckdb.mjs');
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(`v${dependencies['@duckdb/node-api']}`.replace(/-r\.\d+$/, '')).toBe(DUCKDB_VERSION);
  });
});
