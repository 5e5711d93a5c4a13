/**
 * The environment of a task's command (SPEC B4): the user's, less what only orch reads, plus the declared
 * variables, the parameters that the task mentions, the secrets that it declares, and what it was granted.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../base/make-folder.ts';
import type { JsonValue } from '../model/ids.ts';
import type { Secrets } from '../model/secrets.ts';
import { localLabel, type Task } from '../model/task.ts';
import { paramVariable } from '../pipeline/param-variable.ts';

export interface TaskEnvironmentRequest {
  readonly task: Task;
  /** Without declared secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
  /** Declared variables, rendered. */
  readonly declared: Readonly<Record<string, string>>;
  readonly granted: Readonly<Record<string, number>>;
  /** A folder for the parameter file. */
  readonly tmpDir: string;
  readonly attemptId: string;
}

/** Where an attempt's parameters lie as JSON while it runs. */
export function paramsFile(tmpDir: string, attemptId: string): string {
  return join(tmpDir, `${attemptId}.params.json`);
}

export function taskEnvironment(request: TaskEnvironmentRequest): Record<string, string> {
  const { task, environment, declared, granted } = request;
  const env: Record<string, string> = {};
  // Parameters reach a task only where it mentions them.
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && !name.startsWith('ORCH_PARAM')) env[name] = value;
  for (const name of task.secrets) {
    const value = request.secrets.values.get(name);
    if (value !== undefined) env[name] = value;
  }
  const cpu = String(granted['cpu'] ?? 1);
  env['ORCH_CPU'] = cpu;
  env['OMP_NUM_THREADS'] ??= cpu;
  // A nested orch sees that it is one, and ignores ORCH_PARAM_* that were set for this task.
  env['ORCH_ATTEMPT'] = request.attemptId;
  if (task.mentionsTask) env['ORCH_TASK'] = localLabel(task);
  else delete env['ORCH_TASK'];
  if (Object.keys(task.params).length > 0) {
    for (const [name, value] of Object.entries(task.params)) addParam(env, name, value);
    makeFolder(request.tmpDir);
    const file = paramsFile(request.tmpDir, request.attemptId);
    writeFileSync(file, `${JSON.stringify(nest(task.params), null, 2)}\n`);
    env['ORCH_PARAMS_FILE'] = file;
  }
  return Object.assign(env, declared);
}

/** A map is given as JSON under its own name and leaf by leaf below it. */
function addParam(env: Record<string, string>, name: string, value: JsonValue): void {
  env[paramVariable(name)] = typeof value === 'string' ? value : JSON.stringify(value);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, inner] of Object.entries(value)) addParam(env, `${name}.${key}`, inner);
}

function nest(params: Readonly<Record<string, JsonValue>>): JsonValue {
  const root: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(params)) {
    const path = name.split('.');
    let at = root;
    for (const key of path.slice(0, -1)) {
      const next = at[key];
      const inner = typeof next === 'object' && next !== null && !Array.isArray(next) ? { ...next } : {};
      at[key] = inner;
      at = inner as Record<string, JsonValue>;
    }
    const last = path[path.length - 1]!;
    at[last] ??= value;
  }
  return root;
}
