/**
 * make does what a target names one after the other. orch does it side by side, so two kinds of order are carried
 * over in another way: removing everything first is left out, since orch decides by content, and what goes out into
 * the world (a deploy) waits for what stands before it. Pure: it knows goals and their kinds, no disk.
 */
import { isRisky, type Note } from '../starter.ts';
import type { GoalKind } from './goal-kinds.ts';
import type { Goal } from './plan-makefile.ts';

export interface Ordered {
  readonly goals: readonly Goal[];
  /** Lines for the task of a target. */
  readonly comments: ReadonlyMap<string, readonly string[]>;
  readonly notes: readonly Note[];
}

export function inOrder(
  goals: readonly Goal[],
  kinds: ReadonlyMap<string, GoalKind>,
  commandOf: (goal: Goal) => string,
): Ordered {
  const notes: Note[] = [];
  const comments = new Map<string, string[]>();
  const comment = (target: string, line: string) =>
    comments.set(target, [...(comments.get(target) ?? []), line]);
  const byTarget = new Map(goals.flatMap((goal) => goal.targets.map((target) => [target, goal] as const)));
  const isCleaner = (name: string) => {
    const goal = byTarget.get(name);
    return goal !== undefined && kinds.get(name) === 'command' && removesOnly(commandOf(goal));
  };
  const isMade = (name: string) => ['file', 'command', 'group'].includes(kinds.get(name) ?? '');

  const uncleaned = goals.map((goal): Goal => {
    const cleaners = goal.prerequisites.filter(isCleaner);
    if (cleaners.length === 0 || !goal.prerequisites.some((name) => isMade(name) && !isCleaner(name)))
      return goal;
    const first = cleaners.join(', ');
    const [target] = goal.targets as [string];
    comment(
      target,
      `make runs ${first} before the rest; \`orch run -B TARGET\` makes everything anew without that`,
    );
    notes.push({
      at: goal.rule.at,
      text: `${target}: ${first} first (\`orch run -B\` makes everything anew)`,
    });
    return { ...goal, prerequisites: goal.prerequisites.filter((name) => !isCleaner(name)) };
  });

  const before = new Map<string, Set<string>>();
  for (const { prerequisites } of uncleaned)
    for (const [at, name] of prerequisites.entries()) {
      if (kinds.get(name) !== 'command' || !isRisky(name)) continue;
      for (const earlier of prerequisites.slice(0, at))
        if (isMade(earlier) && !reaches(earlier, name, byTarget, before)) {
          const all = before.get(name) ?? new Set();
          before.set(name, all.add(earlier));
        }
    }
  return {
    goals: uncleaned.map((goal): Goal => {
      const [target] = goal.targets as [string];
      const added = [...(before.get(target) ?? [])].filter((name) => !goal.prerequisites.includes(name));
      if (added.length === 0) return goal;
      comment(target, `after ${added.join(', ')}, as in the makefile wherever both are asked for`);
      return { ...goal, orderOnly: [...goal.orderOnly, ...added] };
    }),
    comments,
    notes,
  };
}

/** Nothing but removals, as `clean` has it. */
function removesOnly(command: string): boolean {
  const lines = command.split('\n').filter((line) => line.trim() !== '');
  return /\b(rm|rmdir|find)\b/.test(command) && lines.every((line) => REMOVAL.test(line.trim()));
}

const REMOVAL =
  /^(?:-|@|\(|set \+e$|\{ *)*\s*(?:(?:rm|rmdir|echo)\s[^;&|]*|find\s[^;&|]*-delete)(?:\|\| *(?:true|:))?[\s)}]*$/;

/** Does `from` wait for `to`? */
function reaches(
  from: string,
  to: string,
  byTarget: ReadonlyMap<string, Goal>,
  before: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const seen = new Set([from]);
  for (const name of seen) {
    if (name === to) return true;
    const goal = byTarget.get(name);
    for (const next of [
      ...(goal?.prerequisites ?? []),
      ...(goal?.orderOnly ?? []),
      ...(before.get(name) ?? []),
    ])
      seen.add(next);
  }
  return false;
}
