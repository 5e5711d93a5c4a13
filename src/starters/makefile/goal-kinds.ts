/** What the targets of a makefile are to orch: files, commands, names for others, folders, or "always". */
import type { Folder } from '../folder.ts';
import { wordsOf } from './logical-lines.ts';
import type { Goal } from './plan-makefile.ts';

export type GoalKind =
  /** A task with outputs. */
  | 'file'
  /** A task that always runs, as .PHONY does. */
  | 'command'
  /** A name for its prerequisites. */
  | 'group'
  /** Only makes folders, which orch makes by itself. */
  | 'folder'
  /** A name without anything (FORCE): what depends on it always runs. */
  | 'always';

/** `commandOf`: a goal's commands as they are at present. By target. */
export function goalKinds(
  goals: readonly Goal[],
  commandOf: (goal: Goal) => string,
  folder: Folder,
): ReadonlyMap<string, GoalKind> {
  const targets = goals.flatMap((goal) => goal.targets);
  const kinds = new Map<string, GoalKind>();
  for (const goal of goals) {
    const kind = kindOf(goal, commandOf(goal), targets, folder);
    for (const target of goal.targets) kinds.set(target, kind);
  }
  return kinds;
}

function kindOf(goal: Goal, command: string, targets: readonly string[], folder: Folder): GoalKind {
  const { recipe, isPhony, prerequisites, stem } = goal;
  const [target] = goal.targets as [string];
  if (recipe === null || command.trim() === '') return prerequisites.length > 0 ? 'group' : 'always';
  if (/^mkdir( -p)?( [^;&|<>\n]+)+$/.test(command)) {
    const folders = wordsOf(command).filter((word) => word !== 'mkdir' && !word.startsWith('-'));
    const holdOutputs = folders.every((dir) =>
      targets.some((each) => each.startsWith(`${dir.replace(/\/$/, '')}/`)),
    );
    if (!isPhony || holdOutputs) return 'folder';
  }
  if (isPhony) return 'command';
  // A plain name of which no command makes a file: .PHONY in all but name.
  const isPlainName = !/[./]/.test(target) && stem === null && goal.targets.length === 1;
  const isMade = recipe.some((line) => /\$(@|[({]@)/.test(line)) || writes(command, target);
  return isPlainName && !isMade && folder.kindOf(target) === null ? 'command' : 'file';
}

/** Does a command look as if it made a file of this name? */
function writes(command: string, name: string): boolean {
  const file = `(?:\\./)?${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=[\\s;&|)]|$)`;
  return new RegExp(
    `(?:-o\\s*|>\\s*|\\b(?:touch|mkdir|tee)\\s+(?:-\\w+\\s+)*|\\b(?:cp|mv|ln|tar|ar)\\s[^;&|\\n]*\\s)${file}`,
  ).test(command);
}
