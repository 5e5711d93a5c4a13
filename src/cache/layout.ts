/**
 * Where the local store keeps what. The version is in the path, so that another version's content is ignored and
 * never misread. Knows names only, touches nothing.
 *
 *     v1/blobs/<h>/<digest>       contents, read-only, by the first hex digit of their digest
 *     v1/results/<h>/<key>        results of a key, by the key's last digit (see result-entry.ts)
 *     v1/tmp/.tmp-…               being written
 *     v1/quarantine/              what was found damaged, with why (see quarantine.ts)
 *     v1/roots/<root id>          who uses the store, and which results it must keep (see roots.ts)
 *     v1/usage                    about how large it is (see usage.ts)
 *     v1/trim.lock/               held by whoever removes what is long unused
 *
 * Sixteen folders, not 256: each folder with a new name in it costs a sync of its own at the end of a save.
 * 256 new contents in 1, 16, 256 folders: 0.5, 1.1, 16 ms; and ext4, xfs, btrfs and apfs index large folders.
 */
import { join } from 'node:path';
import type { TaskKey } from '../model/ids.ts';

export const CONTENT_VERSION = 1;

export interface ContentLayout {
  readonly dir: string;
  /** `v1` */
  readonly base: string;
  readonly blobs: string;
  readonly results: string;
  readonly tmp: string;
  readonly quarantine: string;
  readonly roots: string;
  readonly usage: string;
}

export function contentLayout(dir: string): ContentLayout {
  const base = join(dir, `v${CONTENT_VERSION}`);
  return {
    dir,
    base,
    blobs: join(base, 'blobs'),
    results: join(base, 'results'),
    tmp: join(base, 'tmp'),
    quarantine: join(base, 'quarantine'),
    roots: join(base, 'roots'),
    usage: join(base, 'usage'),
  };
}

const DIGEST_PATTERN = /^[a-z0-9]+-([0-9a-f])[0-9a-f]{15,127}-(0|[1-9]\d{0,15})$/;
const KEY_PATTERN = /^k\d+-[0-9a-f]{31,127}([0-9a-f])$/;
export const SHARD_PATTERN = /^[0-9a-f]$/;
const ROOT_ID_PATTERN = /^[0-9a-f]{16,64}$/;
const VERSION_PATTERN = /^v\d+$/;

/** The size in bytes that a digest states, null where it isn't a digest (and must not become part of a path). */
export function validDigestSize(digest: string): number | null {
  const size = DIGEST_PATTERN.exec(digest)?.[2];
  return size === undefined ? null : Number(size);
}

export function isKey(key: string): key is TaskKey {
  return KEY_PATTERN.test(key);
}

export function isRootId(name: string): boolean {
  return ROOT_ID_PATTERN.test(name);
}

/** Folder of a content; the digest must be one (`validDigestSize`). */
export function blobFolder(layout: ContentLayout, digest: string): string {
  const shard = DIGEST_PATTERN.exec(digest)?.[1];
  if (shard === undefined) throw new Error(`not a digest: ${digest}`);
  return `${layout.blobs}/${shard}`;
}

/** Folder of a key's entry; the key must be one (`isKey`). */
export function resultFolder(layout: ContentLayout, key: string): string {
  const shard = KEY_PATTERN.exec(key)?.[1];
  if (shard === undefined) throw new Error(`not a task key: ${key}`);
  return `${layout.results}/${shard}`;
}

/** Of the names in a store's folder, the versions that aren't this one. */
export function otherVersions(names: readonly string[]): string[] {
  return names.filter((name) => VERSION_PATTERN.test(name) && name !== `v${CONTENT_VERSION}`).sort();
}
