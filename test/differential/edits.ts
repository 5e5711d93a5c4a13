/**
 * What a user does between two runs: each kind of edit as a function from the project as it stands to a change of its
 * files and its pipeline, or null where there is nothing to do it to. Pure: `session.ts` carries it out and writes it
 * down. It avoids what the contract leaves open: an orphan that was edited, a user's file in an output folder.
 */
import { type EditKind, isValid, WORDS } from './generate.ts';
import { expand, selects } from './reference-model.ts';
import {
  type Files,
  type History,
  isPattern,
  type Params,
  type PipelineSpec,
  type TaskSpec,
} from './workload.ts';

export type FileAction =
  /** `replace`: through another file and a rename; else in place. */
  | {
      readonly does: 'write';
      readonly path: string;
      readonly text: string;
      readonly replace: boolean;
      readonly keepMtime: boolean;
    }
  | { readonly does: 'swap'; readonly path: string; readonly other: string }
  | { readonly does: 'touch'; readonly path: string }
  /** With the folders that it leaves empty. */
  | { readonly does: 'remove'; readonly path: string }
  /** Flips a byte in every stored copy of these contents. */
  | { readonly does: 'damage'; readonly texts: readonly string[] };

export interface Change {
  readonly pipeline?: PipelineSpec;
  readonly actions: readonly FileAction[];
}

export interface Situation {
  readonly pipeline: PipelineSpec;
  /** Everything in the project but `orch.yaml` and `.cache`. */
  readonly disk: Files;
  readonly history: History;
  /** What the project was like before each earlier edit. */
  readonly snapshots: readonly { readonly pipeline: PipelineSpec; readonly sources: Files }[];
  /** Unused so far. */
  readonly nextName: number;
}

/** Carries no edit out that would make the pipeline invalid or lead to where the contract is silent. */
export function changeFor(kind: EditKind, pick: number, situation: Situation): Change | null {
  const change = EDITS[kind](situation, pick);
  if (change === null) return null;
  const pipeline = change.pipeline ?? situation.pipeline;
  const sources = new Set(sourcesOf(situation).keys());
  for (const action of change.actions) {
    if (action.does === 'remove') sources.delete(action.path);
    else if (action.does === 'write' && !situation.history.owned.has(action.path)) sources.add(action.path);
  }
  return isValid(pipeline, [...sources]) && keepsEditedOutputs(situation, pipeline, {}) ? change : null;
}

/** Whether every output that was edited by hand is still one: what becomes of an edited orphan is left open. */
export function keepsEditedOutputs(
  { disk, history }: Situation,
  pipeline: PipelineSpec,
  params: Params,
): boolean {
  const outputs = expand(pipeline, { ...pipeline.params, ...params }).flatMap((cell) => cell.outputs);
  return [...history.owned].every(
    ([path, text]) => !disk.has(path) || disk.get(path) === text || selects(outputs, path),
  );
}

export function sourcesOf({ disk, history }: Pick<Situation, 'disk' | 'history'>): Map<string, string> {
  return new Map([...disk].filter(([path]) => !history.owned.has(path)));
}

const at = <T>(list: readonly T[], number: number): T | undefined => list[number % list.length];
const write = (
  path: string,
  text: string,
  how: { replace?: boolean; keepMtime?: boolean } = {},
): FileAction => ({
  does: 'write',
  path,
  text,
  replace: how.replace ?? false,
  keepMtime: how.keepMtime ?? false,
});

/** Another word of the same length in one place. */
function swapWord(text: string, pick: number): string {
  const found = [...text.matchAll(new RegExp(WORDS.join('|'), 'g'))];
  const match = at(found, pick);
  if (match === undefined) return text.replace(/[a-z0-9](?=\n)/, (letter) => (letter === 'z' ? 'y' : 'z'));
  const word = at(
    WORDS.filter((other) => other !== match[0]),
    pick + found.length,
  )!;
  return text.slice(0, match.index) + word + text.slice(match.index + 3);
}

/** One file of a kind, by number. */
function pickFile(files: Files, pick: number): [string, string] | undefined {
  return at([...files].sort(), pick);
}

function eachTask(pipeline: PipelineSpec, edit: (task: TaskSpec) => TaskSpec): PipelineSpec {
  return { ...pipeline, tasks: pipeline.tasks.map(edit) };
}

function editTask(
  { pipeline }: Situation,
  pick: number,
  isMeant: (task: TaskSpec) => boolean,
  edit: (task: TaskSpec) => TaskSpec,
): Change | null {
  const chosen = at(pipeline.tasks.filter(isMeant), pick);
  if (chosen === undefined) return null;
  return { pipeline: eachTask(pipeline, (task) => (task === chosen ? edit(task) : task)), actions: [] };
}

/** Tries one matrix, then all together (cells that agree must stay). */
function editMatrix(
  situation: Situation,
  pick: number,
  edit: (values: readonly string[]) => readonly string[],
): Change | null {
  const { pipeline } = situation;
  const withMatrix = pipeline.tasks.filter((task) => task.matrix !== null);
  const candidates = [...withMatrix.map((_, index) => [at(withMatrix, pick + index)!]), withMatrix];
  for (const chosen of candidates) {
    const edited = eachTask(pipeline, (task) =>
      chosen.includes(task) ? { ...task, matrix: { ...task.matrix, m: edit(task.matrix!['m']!) } } : task,
    );
    const isOther = JSON.stringify(edited) !== JSON.stringify(pipeline);
    if (
      isOther &&
      isValid(edited, [...sourcesOf(situation).keys()]) &&
      keepsEditedOutputs(situation, edited, {})
    )
      return { pipeline: edited, actions: [] };
  }
  return null;
}

const EDITS: Readonly<Record<EditKind, (situation: Situation, pick: number) => Change | null>> = {
  'change-source': (situation, pick) => {
    const [path, text] = pickFile(sourcesOf(situation), pick)!;
    const lines = text.split('\n').slice(0, -1);
    const line = `${at(WORDS, pick)} ${at(WORDS, pick + 1)}`;
    const edited =
      lines.length > 2 || pick % 4 === 0 ? [...lines.slice(0, -1), line, line] : [...lines, line];
    return {
      actions: [
        write(path, `${(lines.length > 4 ? [line] : edited).join('\n')}\n`, { replace: pick % 2 === 0 }),
      ],
    };
  },
  'same-size-change': (situation, pick) => {
    const [path, text] = pickFile(sourcesOf(situation), pick)!;
    return { actions: [write(path, swapWord(text, pick))] };
  },
  touch: (situation, pick) => {
    const paths = [...situation.disk.keys()].sort();
    const chosen = pick % 3 === 0 ? paths : [at(paths, pick)!];
    return { actions: chosen.map((path) => ({ does: 'touch', path })) };
  },
  'mtime-put-back': (situation, pick) => {
    const [path, text] = pickFile(sourcesOf(situation), pick)!;
    return { actions: [write(path, swapWord(text, pick), { keepMtime: true })] };
  },
  'rewrite-same-bytes': (situation, pick) => {
    const [path, text] = pickFile(situation.disk, pick)!;
    return { actions: [write(path, text, { replace: pick % 2 === 0 })] };
  },
  'swap-files': (situation, pick) => {
    const paths = [...sourcesOf(situation).keys()].sort();
    const [path, other] = [at(paths, pick)!, at(paths, pick + 1 + (pick % (paths.length - 1)))!];
    return situation.disk.get(path) === situation.disk.get(other)
      ? null
      : { actions: [{ does: 'swap', path, other }] };
  },
  'delete-output': ({ disk, history }, pick) => {
    const path = at([...disk.keys()].filter((each) => history.owned.has(each)).sort(), pick);
    return path === undefined ? null : { actions: [{ does: 'remove', path }] };
  },
  'tamper-output': ({ pipeline, disk, history }, pick) => {
    const outputs = expand(pipeline, pipeline.params).flatMap((cell) => cell.outputs);
    const literal = outputs.map((output) =>
      isPattern(output) ? `${output.slice(0, output.lastIndexOf('/'))}/all.txt` : output,
    );
    const path = at(
      literal.filter((each) => disk.has(each) && history.owned.get(each) === disk.get(each)).sort(),
      pick,
    );
    if (path === undefined) return null;
    const text = disk.get(path)!;
    const edited = pick % 3 === 0 ? `${text}tampered ${pick}\n` : swapWord(text, pick);
    return { actions: [write(path, edited, { keepMtime: pick % 3 === 2, replace: pick % 2 === 0 })] };
  },
  'delete-all-outputs': ({ disk, history }) => {
    const paths = [...disk.keys()].filter((path) => history.owned.has(path)).sort();
    return paths.length === 0 ? null : { actions: paths.map((path) => ({ does: 'remove', path })) };
  },
  'change-param': ({ pipeline }, pick) => {
    const name = at(['p1', 'p2', 'p3'], pick)!;
    const value =
      name === 'p2'
        ? at(
            ['red', 'blue', 'green'].filter((each) => each !== pipeline.params[name]),
            pick,
          )!
        : (Number(pipeline.params[name]) + 1) % 9;
    return { pipeline: { ...pipeline, params: { ...pipeline.params, [name]: value } }, actions: [] };
  },
  'change-env': (situation, pick) =>
    editTask(
      situation,
      pick,
      (task) => task.word !== null,
      (task) => ({ ...task, word: task.word === 'one' ? 'two' : 'one' }),
    ),
  revert: (situation, pick) => {
    const { disk, snapshots } = situation;
    const before = at(snapshots, pick);
    if (before === undefined) return null;
    const gone = [...sourcesOf(situation).keys()].filter((path) => !before.sources.has(path));
    const other = [...before.sources].filter(([path, text]) => disk.get(path) !== text);
    return {
      pipeline: before.pipeline,
      actions: [
        ...gone.map((path): FileAction => ({ does: 'remove', path })),
        ...other.map(([path, text]) => write(path, text)),
      ],
    };
  },
  'rename-task': (situation, pick) => {
    const { pipeline, nextName } = situation;
    const old = at(pipeline.tasks, pick)!.name;
    const renamed = editTask(
      situation,
      pick,
      () => true,
      (task) => ({ ...task, name: `renamed-${nextName}` }),
    )!.pipeline!;
    return {
      pipeline: {
        ...renamed,
        default: renamed.default.map((name) => (name === old ? `renamed-${nextName}` : name)),
      },
      actions: [],
    };
  },
  'add-file': (situation, pick) => {
    const folder = at(['src', 'src/d0', 'src/d1', 'src/d1/deep', 'src/d1/new', 'mix'], pick)!;
    const path = `${folder}/added-${situation.nextName}.${pick % 5 === 0 ? 'md' : 'txt'}`;
    return { actions: [write(path, `${at(WORDS, pick)} ${at(WORDS, pick + 2)}\n`)] };
  },
  'remove-file': (situation, pick) => {
    const paths = [...sourcesOf(situation).keys()].sort();
    const removable = paths.filter((path) =>
      isValid(
        situation.pipeline,
        paths.filter((other) => other !== path),
      ),
    );
    const path = at(removable, pick);
    return path === undefined ? null : { actions: [{ does: 'remove', path }] };
  },
  'add-cell': (situation, pick) =>
    editMatrix(situation, pick, (values) => {
      const value = at(
        ['a', 'b', 'c', 'd', 'e'].filter((each) => !values.includes(each)),
        pick,
      );
      return value === undefined ? values : [...values, value];
    }),
  'remove-cell': (situation, pick) =>
    editMatrix(situation, pick, (values) =>
      values.length < 2 ? values : values.filter((value) => value !== at(values, pick)),
    ),
  'edit-command': (situation, pick) =>
    editTask(
      situation,
      pick,
      (task) => !task.group,
      (task) => (pick % 3 === 0 ? { ...task, remark: task.remark + 1 } : { ...task, salt: task.salt + 1 }),
    ),
  'edit-comment': (situation, pick) =>
    pick % 2 === 0
      ? { pipeline: { ...situation.pipeline, comment: `Comment ${situation.nextName}` }, actions: [] }
      : editTask(
          situation,
          pick,
          () => true,
          (task) => ({ ...task, description: `Description ${situation.nextName}` }),
        ),
  'reorder-tasks': ({ pipeline }, pick) => {
    const { tasks } = pipeline;
    const start = 1 + (pick % Math.max(1, tasks.length - 1));
    const turned = [...tasks.slice(start), ...tasks.slice(0, start)];
    return { pipeline: { ...pipeline, tasks: pick % 2 === 0 ? turned : turned.reverse() }, actions: [] };
  },
  'damage-cache': ({ pipeline, disk, history }, pick) => {
    const isStored = (mark: string) =>
      expand(pipeline, pipeline.params).some((cell) => cell.mark === mark && cell.task.cache);
    const contents = new Map<string, Set<string>>();
    for (const { mark, made } of history.results.values())
      for (const text of made.values()) contents.set(mark, (contents.get(mark) ?? new Set()).add(text));
    const isAlone = (mark: string) =>
      [...contents].every(
        ([other, texts]) => other === mark || ![...contents.get(mark)!].some((text) => texts.has(text)),
      );
    const mark = at([...contents.keys()].filter((each) => isStored(each) && isAlone(each)).sort(), pick);
    if (mark === undefined) return null;
    const texts = [...contents.get(mark)!].filter((text) => !history.damaged.has(text));
    const made = [...history.results.values()]
      .filter((result) => result.mark === mark)
      .flatMap((result) => [...result.made.keys()]);
    const removed = pick % 4 === 0 ? [] : [...new Set(made)].filter((path) => disk.has(path));
    return texts.length === 0
      ? null
      : {
          actions: [
            { does: 'damage', texts },
            ...removed.map((path): FileAction => ({ does: 'remove', path })),
          ],
        };
  },
};
