/**
 * Which roots use the store, and which results each of them must find here: a file for each, by the root's id.
 * Whether a root is still there, it finds out from the file that the registration names as its proof; what a root
 * is, and where its list comes from, is others' business.
 *
 *     {"root":"/home/me/taxi","proof":"/home/me/taxi/.cache/root-id","host":"desk"}
 *     k1-…                     a key that is kept, one a line
 *     …
 *
 * Keys are appended one by one while a run goes on, and the list is written anew at its end. A line that isn't a
 * key (cut, damaged) keeps nothing.
 */
import { lstatSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { TaskKey } from '../model/ids.ts';
import { type ContentLayout, isKey, isRootId } from './layout.ts';

/** Who a root is. */
export interface RootIdentity {
  readonly id: string;
  /** Absolute. */
  readonly root: string;
  /** Absolute path of a file under the root that holds the id. */
  readonly proof: string;
}

export interface Registration {
  readonly id: string;
  /** As registered; null where the first line can't be read. */
  readonly root: string | null;
  readonly proof: string | null;
  readonly host: string | null;
  readonly keys: ReadonlySet<TaskKey>;
  readonly writtenAtMs: number;
  /** Its last line is whole: one may be appended. */
  readonly endsWell: boolean;
}

/**
 * `here`: it is where it says. `gone`: its folder is there and isn't it any more, or it hasn't been seen for long.
 * `unseen`: from here that can't be told (no such folder in this view, an unmounted disk, another machine).
 */
export type Standing = 'here' | 'gone' | 'unseen';

/** For so long a root that can't be seen keeps its results. */
const UNSEEN_KEPT_MS = 30 * 24 * 60 * 60_000;

export function registrationPath(layout: ContentLayout, id: string): string {
  return join(layout.roots, id);
}

/** All registrations, sorted by root; none where there is no store yet. */
export function readRegistrations(layout: ContentLayout): Registration[] {
  let names: string[];
  try {
    names = readdirSync(layout.roots);
  } catch {
    return [];
  }
  return names
    .filter(isRootId)
    .flatMap((id) => readRegistration(layout, id) ?? [])
    .sort((a, b) => ((a.root ?? '') < (b.root ?? '') ? -1 : 1));
}

/** null where there is none, or none that can be read. 10,000 keys take 4 ms. */
export function readRegistration(layout: ContentLayout, id: string): Registration | null {
  const path = registrationPath(layout, id);
  let text: string;
  let writtenAtMs: number;
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return null;
    writtenAtMs = stat.mtimeMs;
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const [head = '', ...lines] = text.split('\n');
  const keys = new Set<TaskKey>();
  for (const line of lines) if (isKey(line)) keys.add(line);
  return { id, ...parseHead(head), keys, writtenAtMs, endsWell: text.endsWith('\n') };
}

export function formatRegistration({ root, proof }: RootIdentity, keys: Iterable<TaskKey>): string {
  return `${[JSON.stringify({ root, proof, host: hostname() }), ...keys].join('\n')}\n`;
}

/** Is this what the root would register? */
export function isOf(registration: Registration, { root, proof }: RootIdentity): boolean {
  return registration.root === root && registration.proof === proof && registration.host === hostname();
}

/** Looks at the root's folder and its proof. */
export function standingOf(registration: Registration, nowMs: number): Standing {
  const seen = look(registration);
  return seen === 'unseen' && nowMs - registration.writtenAtMs > UNSEEN_KEPT_MS ? 'gone' : seen;
}

function look({ id, root, proof, host }: Registration): Standing {
  // The same path is another folder on another machine, or in another container.
  if (root === null || proof === null || host !== hostname()) return 'unseen';
  try {
    if (!lstatSync(root).isDirectory()) return 'unseen';
    return readFileSync(proof, 'utf8').trim() === id ? 'here' : 'gone';
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || path === root) return 'unseen';
    // An empty folder is what an unmounted disk leaves.
    return isEmpty(root) ? 'unseen' : 'gone';
  }
}

/** Removes a registration, unless its root has written it meanwhile. Throws the system's error. */
export function dropRegistration(layout: ContentLayout, { id, writtenAtMs }: Registration): void {
  const path = registrationPath(layout, id);
  if (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs === writtenAtMs) unlinkSync(path);
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return true;
  }
}

function parseHead(line: string): Pick<Registration, 'root' | 'proof' | 'host'> {
  try {
    const { root, proof, host } = JSON.parse(line) as Record<string, unknown>;
    if (typeof root === 'string' && typeof proof === 'string' && typeof host === 'string')
      return { root, proof, host };
  } catch {
    // Cut or damaged: its keys still count, and whose they are is found out when it's written anew.
  }
  return { root: null, proof: null, host: null };
}
