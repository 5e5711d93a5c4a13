/**
 * All that one pattern rule makes, as a glob: a task that takes every object file takes a new one as well, and only
 * the matrix has to learn its name. Looks at the folder for what the glob would match besides.
 */
import { compileGlob } from '../../base/glob.ts';
import type { Folder } from '../folder.ts';
import { literalPath } from '../orch-text.ts';
import { pathOf, type StarterPath } from '../starter.ts';
import type { Draft } from './goal-draft.ts';

export interface Family {
  /** A pattern of orch. */
  readonly glob: string;
  /** What it stands for, as inputs have it. */
  readonly members: readonly string[];
}

const FILE = '${{ matrix.file }}';

/** Of the groups that become a matrix, those whose outputs a glob tells from everything else. */
export function familiesOf(groups: readonly (readonly Draft[])[], folder: Folder): readonly Family[] {
  const targets = groups.flatMap((group) => group.flatMap(({ goal }) => goal.targets));
  return groups.flatMap((group): Family[] => {
    const stems = group.map(({ goal }) => goal.stem ?? '');
    const within = commonFolder(stems);
    const output = group.length > 1 ? group[0]?.cell?.inFolder(within).output : undefined;
    if (output === undefined || output.split(FILE).length !== 2) return [];
    if (stems.some((stem) => stem.slice(within.length).includes('/'))) return [];
    const glob = output.replace(FILE, () => '*');
    const own = new Set(group.flatMap(({ goal }) => goal.targets.map(plain)));
    const isStranger = (path: string) => !own.has(path);
    const matches = compileGlob(glob);
    if (folder.match(glob).some(isStranger) || targets.map(plain).filter(matches).some(isStranger)) return [];
    return [{ glob, members: [...own].map(literalPath) }];
  });
}

/** Does the command name its inputs all together, and none alone? */
export function takesAll(run: string | null): boolean {
  return run !== null && /\$\{\{ inputs(\.sources)? \}\}/.test(run) && !/\binputs(\.\w+)?\[/.test(run);
}

export function withFamilies(
  paths: readonly StarterPath[],
  families: readonly Family[],
): readonly StarterPath[] {
  let shown = paths;
  for (const { glob, members } of families) {
    const all = new Set(members);
    if (!members.every((member) => shown.some(({ path }) => path === member))) continue;
    const first = shown.findIndex(({ path }) => all.has(path));
    shown = shown.flatMap((each, at) => (at === first ? [pathOf(glob)] : all.has(each.path) ? [] : [each]));
  }
  return shown;
}

/** The longest folder, with its `/`, in which all of them lie; '' for none. */
export function commonFolder(paths: readonly string[]): string {
  const [first = ''] = paths;
  for (let end = first.lastIndexOf('/'); end > 0; end = first.lastIndexOf('/', end - 1))
    if (paths.every((path) => path.startsWith(first.slice(0, end + 1)))) return first.slice(0, end + 1);
  return '';
}

const plain = (target: string) => target.replace(/^(\.\/)+/, '');
