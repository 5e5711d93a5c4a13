/**
 * After a run that found everything up to date: collects what it went by, so that the next one of the same command
 * line need only look at stats. Leaves it where anything isn't told by stats alone.
 */
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lstatOrNull } from '../base/lstat.ts';
import type { Node } from '../scheduler/node.ts';
import { type Expectation, type IdleQuestion, type IdleReport, rememberIdle } from '../state/idle.ts';
import { journalPath } from '../state/journal.ts';
import type { Project, ProjectState } from './project.ts';

export interface IdleRun {
  readonly question: IdleQuestion;
  readonly project: Project;
  readonly state: ProjectState;
  readonly nodes: readonly Node[];
  readonly report: IdleReport;
}

export function rememberIdleRun(run: IdleRun): void {
  const expectations = expectationsOf(run);
  if (expectations === null) return;
  rememberIdle(run.question, expectations, run.project.environmentUsed, run.report);
}

/** null: something that the run went by can't be told from stats, or is too young to be told. */
function expectationsOf({ project, state, nodes }: IdleRun): Expectation[] | null {
  const { root } = project.layout;
  const expected = new Map<string, Expectation>();
  for (const node of nodes) {
    // What was accepted by hand is named every time.
    const isAccepted = state.journal.lastAttempt(node.task.id)?.outcome === 'accepted';
    if (isAccepted || !isToldByStats(node)) return null;
    for (const source of node.gathered?.sources ?? [])
      if (!addFile(source.path, source.kind === 'file' ? source.digest : null)) return null;
    for (const entry of node.result?.outputs ?? []) {
      if (entry.kind === 'symlink') return null;
      const absolute = resolve(root, entry.path);
      if (lstatOrNull(absolute) === null) expected.set(entry.path, { path: absolute, is: 'absent' });
      else if (entry.kind === 'folder') expected.set(entry.path, { path: absolute, is: 'folder' });
      else if (!addFile(entry.path, entry.digest)) return null;
    }
    for (const { kind, path } of node.task.inputs) {
      // Where nothing lies, nothing was listed or read: something may come to lie there.
      const place = resolve(root, kind === 'glob' ? project.matching.parentOf(path) : path);
      if (lstatOrNull(place) === null) expected.set(place, { path: place, is: 'absent' });
    }
  }
  const folders = state.fingerprinter.listedFolders();
  if (folders === null) return null;
  const rest = [
    ...folders.map(({ path, stats }) =>
      stats === null ? ({ path, is: 'absent' } as const) : listing(path, stats),
    ),
    ...projectFiles(project, state),
  ];
  return rest.includes(null) ? null : [...expected.values(), ...(rest as Expectation[])];

  function addFile(path: string, digest: string | null): boolean {
    if (expected.has(path)) return true;
    const stats = digest === null ? null : state.fingerprinter.vouchedStats(path, digest);
    if (stats === null) return false;
    const { mtimeMs, ctimeMs, size, ino } = stats;
    expected.set(path, { path: resolve(root, path), is: 'file', mtimeMs, ctimeMs, size, ino });
    return true;
  }
}

/** Probes, tools, secrets and ages aren't seen in a stat; what always runs is never idle. */
function isToldByStats({ task, state, gathered }: Node): boolean {
  if (state.at !== 'settled' || state.outcome !== 'up-to-date') return false;
  if (task.probe !== null || task.tools.length > 0 || task.secrets.length > 0 || task.expiresMs !== null)
    return false;
  return gathered === null || gathered.sources.every(({ kind }) => kind === 'file');
}

/** Pipeline files and what else shapes a project, the journal and the record of own files. */
function projectFiles(project: Project, state: ProjectState): (Expectation | null)[] {
  const { layout, found } = project;
  const files = found.files.map(({ path, text }) => {
    const file = settledFile(join(layout.root, path), state);
    return file !== null && readFileSync(file.path).equals(text) ? file : null;
  });
  const others = ['orch.yaml', 'orch.yml', '.orchignore']
    .filter((path) => !found.files.some((file) => file.path === path))
    .map((path) => {
      const absolute = join(layout.root, path);
      return lstatOrNull(absolute) === null
        ? ({ path: absolute, is: 'absent' } as const)
        : settledFile(absolute, state);
    });
  const pipelines = join(layout.root, 'pipelines');
  const stats = statSync(pipelines, { throwIfNoEntry: false });
  const folder =
    stats === undefined
      ? ({ path: pipelines, is: 'absent' } as const)
      : state.fingerprinter.isSettled(stats)
        ? listing(pipelines, stats)
        : null;
  return [
    ...files,
    ...others,
    folder,
    settledFile(journalPath(layout), state),
    settledFile(join(layout.owned, 'a'), state),
  ];
}

function settledFile(path: string, state: ProjectState): Extract<Expectation, { is: 'file' }> | null {
  const stats = lstatOrNull(path);
  if (stats === null || !stats.isFile() || !state.fingerprinter.isSettled(stats)) return null;
  const { mtimeMs, ctimeMs, size, ino } = stats;
  return { path, is: 'file', mtimeMs, ctimeMs, size, ino };
}

function listing(
  path: string,
  { mtimeMs, ctimeMs, ino }: { mtimeMs: number; ctimeMs: number; ino: number },
): Expectation {
  return { path, is: 'listing', mtimeMs, ctimeMs, ino };
}
