/**
 * Which ready task may start now: a worker must be free and its resources must fit. Pure bookkeeping; totals
 * are given.
 */
import type { Task } from '../model/task.ts';

export interface Admission {
  /** What a task is given: its request with cpu capped to the machine. */
  readonly grantOf: (task: Task) => Readonly<Record<string, number>>;
  /** The resource that can never fit, or null. cpu always fits: it's capped. */
  readonly impossible: (
    task: Task,
  ) => { readonly name: string; readonly wanted: number; readonly total: number } | null;
  /** Takes worker and resources if they are free now. */
  readonly tryAdmit: (task: Task) => boolean;
  /** Takes them though they may not be free: for a task that had them a moment ago and must go on. */
  readonly take: (task: Task) => void;
  readonly release: (task: Task) => void;
  readonly hasFreeWorker: () => boolean;
}

/** What a task is given: what it asks for, one core where it asks for none, and no more cores than there are. */
export function granted(task: Task, cores: number): Readonly<Record<string, number>> {
  return { ...task.resources, cpu: Math.min(task.resources['cpu'] ?? 1, cores) };
}

export interface AdmissionLimits {
  readonly jobs: number;
  /** By name: cpu (cores), memory (bytes), gpu, and own names. A name that isn't here has a total of 0. */
  readonly totals: Readonly<Record<string, number>>;
}

export function createAdmission({ jobs, totals }: AdmissionLimits): Admission {
  const used = new Map<string, number>();
  let running = 0;
  const grantOf = (task: Task) => granted(task, totals['cpu'] ?? 1);
  const fits = (task: Task) =>
    Object.entries(grantOf(task)).every(
      ([name, wanted]) => (used.get(name) ?? 0) + wanted <= (totals[name] ?? 0),
    );
  const take = (task: Task) => {
    running++;
    for (const [name, wanted] of Object.entries(grantOf(task)))
      used.set(name, (used.get(name) ?? 0) + wanted);
  };
  return {
    grantOf,
    impossible(task) {
      for (const [name, wanted] of Object.entries(grantOf(task))) {
        const total = totals[name] ?? 0;
        if (wanted > total) return { name, wanted, total };
      }
      return null;
    },
    tryAdmit(task) {
      if (running >= jobs || !fits(task)) return false;
      take(task);
      return true;
    },
    take,
    release(task) {
      running--;
      for (const [name, wanted] of Object.entries(grantOf(task)))
        used.set(name, (used.get(name) ?? 0) - wanted);
    },
    hasFreeWorker: () => running < jobs,
  };
}
