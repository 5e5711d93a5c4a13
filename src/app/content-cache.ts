/** The content cache of a project: where it lies, how large it may become, and what a user is told of trouble with it. */
import { isAbsolute, relative, resolve } from 'node:path';
import type { Hasher } from '../base/digest.ts';
import { parseSize } from '../base/size.ts';
import type { Unusable } from '../cache/obstacle.ts';
import type { StoreNotice } from '../cache/result-store.ts';
import { type LocalStore, openStore } from '../cache/store.ts';
import type { RunEventBody } from '../model/event.ts';
import type { Pipeline } from '../model/task.ts';
import { errorCodeText } from '../reporters/phrases.ts';
import type { Layout } from '../state/layout.ts';
import { CommandError, EXIT } from './exit-codes.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type Notice = Extract<RunEventBody, { event: 'notice' }>;

/** What of a project decides on its cache. */
export interface CacheOwner {
  readonly layout: Layout;
  readonly pipelines: readonly Pipeline[];
}

/** Announced when reached (SPEC A3). */
const DEFAULT_CAP_BYTES = 20_000_000_000;

export function contentDir({ layout, pipelines }: CacheOwner, environment: Environment): string {
  const declared = pipelines.find(({ cache }) => cache.dir !== null)?.cache.dir ?? null;
  const chosen = environment['ORCH_CACHE_DIR'] || declared;
  return chosen ? resolve(layout.root, chosen) : layout.content;
}

/** The cache's folder where it lies in the root: it isn't part of the project there. */
export function contentFolderInRoot(owner: CacheOwner, environment: Environment): string[] {
  const path = relative(owner.layout.root, contentDir(owner, environment));
  return path === '' || path.startsWith('..') || isAbsolute(path) ? [] : [path];
}

/** Throws CommandError where the variable holds no size. */
export function maxCacheBytes({ pipelines }: CacheOwner, environment: Environment): number {
  const chosen = environment['ORCH_CACHE_MAX_SIZE'];
  if (chosen) {
    const size = parseSize(chosen);
    if (!size.ok) throw new CommandError(`ORCH_CACHE_MAX_SIZE=${chosen}: ${size.error}`, EXIT.usage);
    return size.value;
  }
  return pipelines.find(({ cache }) => cache.maxSizeBytes !== null)?.cache.maxSizeBytes ?? DEFAULT_CAP_BYTES;
}

export interface CacheRequest {
  readonly environment: Environment;
  readonly hasher: Hasher;
  /** false: where it can't be used, it's left out and said; true: that ends the command. */
  readonly isNeeded: boolean;
  readonly notice: (notice: Notice) => void;
}

/** Opens the cache; null where it can't be used and isn't needed. Throws CommandError (exit 3) where it is. */
export function openCache(owner: CacheOwner, request: CacheRequest): LocalStore | null {
  const dir = contentDir(owner, request.environment);
  const opened = openStore({
    dir,
    maxSizeBytes: maxCacheBytes(owner, request.environment),
    hasher: request.hasher,
    notify: (notice) => request.notice(noticeOf(notice)),
  });
  if (opened.ok) return opened.value;
  const trouble = unusable(owner, request.environment, opened.error);
  if (request.isNeeded) throw trouble;
  const message = `${trouble.message}: going on without it`;
  request.notice({ event: 'notice', level: 'warning', code: 'cache-unusable', message, task: null });
  return null;
}

function noticeOf(notice: StoreNotice): Notice {
  const said = (level: Notice['level'], code: string, message: string): Notice => ({
    event: 'notice',
    level,
    code,
    message,
    task: null,
  });
  switch (notice.notice) {
    case 'other-version':
      return said(
        'note',
        'cache-version',
        `the cache in ${notice.dir} also holds entries of another version (${notice.versions.join(', ')}): ignored`,
      );
    case 'read-only':
      return said(
        'warning',
        'cache-read-only',
        `the cache can't be written: ${notice.error.path} (${notice.error.code}); results are not stored`,
      );
    case 'quarantined':
      return said(
        'warning',
        'cache-damaged',
        `a damaged content of the cache was set aside: ${notice.digest}`,
      );
  }
}

/** Says what stands where the cache should be, who said that it should be there, and what to do. */
export function unusable(owner: CacheOwner, environment: Environment, trouble: Unusable): CommandError {
  const dir = contentDir(owner, environment);
  const setting = environment['ORCH_CACHE_DIR']
    ? 'ORCH_CACHE_DIR'
    : dir === owner.layout.content
      ? null
      : 'cache.dir';
  const named = setting === null ? `the cache folder ${dir}` : `the cache folder ${dir} (${setting})`;
  const elsewhere =
    setting === null
      ? 'or name another folder in ORCH_CACHE_DIR'
      : `or let ${setting} name another folder; without it the cache lies in .cache/content`;
  switch (trouble.kind) {
    case 'not-a-folder':
      return new CommandError(
        `${named} can't be used: ${trouble.path === dir ? 'it' : trouble.path} is no folder`,
        EXIT.unusable,
        `move away what is there, ${elsewhere}`,
      );
    case 'dangling-link':
      return new CommandError(
        `${named} can't be used: ${trouble.path === dir ? 'it' : trouble.path} is a link to ${trouble.target}, which isn't there`,
        EXIT.unusable,
        `make that folder (or mount its disk), ${elsewhere}`,
      );
    case 'io':
      return new CommandError(
        `${named} can't be used: could not ${trouble.doing} ${trouble.path === dir ? 'it' : trouble.path}: ${whyNot(trouble.code)}`,
        EXIT.unusable,
        `see that it is a folder that you may write to, ${elsewhere}`,
      );
  }
}

function whyNot(code: string): string {
  return code === 'ENOENT' ? 'no folder can be made there (ENOENT)' : errorCodeText(code);
}
