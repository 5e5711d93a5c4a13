import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/model/task.ts';
import { type ProgressRequest, progressOf } from '../../src/scheduler/progress.ts';
import type { TaskState } from '../../src/scheduler/task-state.ts';

type ProgressNode = ProgressRequest['nodes'][number];

interface Given {
  readonly name: string;
  readonly at: TaskState['at'];
  /** Indexes of tasks below it. */
  readonly below?: readonly number[];
  readonly isGroup?: boolean;
  readonly isFinal?: boolean;
  readonly isCell?: boolean;
}

function node({ name, at, below = [], isGroup, isFinal, isCell }: Given, index: number): ProgressNode {
  const task = {
    pipeline: 'p',
    name: name.replace(/\[.*/, ''),
    label: name,
    cell: isCell === true ? { c: index } : null,
    run: isGroup === true ? null : { kind: 'argv', argv: [] },
  } as unknown as Task;
  return {
    index,
    task,
    plan: {
      task,
      upstream: [],
      downstream: below,
      requested: false,
      final: isFinal === true,
      criticalPathMs: 0,
    },
    state: at === 'settled' ? { at, outcome: 'succeeded' } : { at },
  };
}

function progress(
  given: readonly Given[],
  durations: Readonly<Record<string, number>>,
  more: { jobs?: number; isFinalPhase?: boolean; elapsed?: Readonly<Record<string, number>> } = {},
) {
  return progressOf({
    nodes: given.map(node),
    jobs: more.jobs ?? 2,
    isFinalPhase: more.isFinalPhase === true,
    expectedMs: (task) => durations[task.label] ?? null,
    elapsedMs: (index) => more.elapsed?.[given[index]!.name] ?? 0,
  });
}

describe('progress', () => {
  it('counts tasks with commands that are as they will be', () => {
    const tasks: Given[] = [
      { name: 'a', at: 'settled' },
      { name: 'b', at: 'running' },
      { name: 'c', at: 'waiting' },
      { name: 'all', at: 'waiting', isGroup: true },
      { name: 'cleanup', at: 'waiting', isFinal: true },
    ];
    expect(progress(tasks, {})).toMatchObject({ settled: 1, total: 3 });
    expect(progress(tasks, {}, { isFinalPhase: true })).toMatchObject({ settled: 1, total: 4 });
  });
});

describe('the time left', () => {
  it('is the longest path of what is left', () => {
    const tasks: Given[] = [
      { name: 'a', at: 'running', below: [2] },
      { name: 'b', at: 'queued', below: [2] },
      { name: 'c', at: 'waiting', below: [3] },
      { name: 'all', at: 'waiting', isGroup: true, below: [4] },
      { name: 'd', at: 'waiting' },
    ];
    const durations = { a: 10_000, b: 1_000, c: 5_000, d: 7_000 };
    expect(progress(tasks, durations).remainingMs).toBe(22_000);
    expect(progress(tasks, durations, { elapsed: { a: 4_000 } }).remainingMs).toBe(18_000);
    // One that takes longer than ever has nothing left, and the rest still has.
    expect(progress(tasks, durations, { elapsed: { a: 60_000 } }).remainingMs).toBe(13_000);
  });

  it('is all the work, shared by the workers, where that takes longer', () => {
    const tasks: Given[] = Array.from({ length: 10 }, (_each, at) => ({ name: `t${at}`, at: 'queued' }));
    const durations = Object.fromEntries(tasks.map(({ name }) => [name, 1_000]));
    expect(progress(tasks, durations).remainingMs).toBe(5_000);
    expect(progress(tasks, durations, { jobs: 20 }).remainingMs).toBe(1_000);
  });

  it('is unknown where anything that is left has never run', () => {
    const tasks: Given[] = [
      { name: 'a', at: 'running' },
      { name: 'b', at: 'waiting' },
    ];
    expect(progress(tasks, { a: 1_000 }).remainingMs).toBeNull();
    expect(progress([tasks[0]!, { name: 'b', at: 'settled' }], { a: 1_000 }).remainingMs).toBe(1_000);
  });

  it('of a new cell is that of its siblings on average', () => {
    const tasks: Given[] = [
      { name: 't[c=0]', at: 'settled', isCell: true },
      { name: 't[c=1]', at: 'settled', isCell: true },
      { name: 't[c=2]', at: 'queued', isCell: true },
    ];
    expect(progress(tasks, { 't[c=0]': 1_000, 't[c=1]': 3_000 }).remainingMs).toBe(2_000);
    expect(progress(tasks, { t: 5_000 }).remainingMs).toBeNull();
  });
});
