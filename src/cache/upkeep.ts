/**
 * Keeps the local store in bounds: who uses it, about how large it is, and removing what is long unused. What a user
 * is told of it, and when it's done, is decided elsewhere.
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type IoError, ioError, removeFile } from '../base/atomic-file.ts';
import { tryLock } from '../base/lock.ts';
import { fail, type Outcome, ok } from '../base/outcome.ts';
import type { TaskKey } from '../model/ids.ts';
import { type Emptied, removeContents } from './contents.ts';
import { measure } from './inventory.ts';
import { isRootId } from './layout.ts';
import { createRegister, type Register } from './register.ts';
import {
  dropRegistration,
  isOf,
  type Registration,
  type RootIdentity,
  readRegistration,
  readRegistrations,
  registrationPath,
  type Standing,
  standingOf,
} from './roots.ts';
import { type TrimEnd, type TrimPlan, trimContents } from './trim.ts';
import { noteAdded, readUsage, writeUsage } from './usage.ts';
import { makeFolder, type Workspace } from './workspace.ts';

export interface Upkeep {
  /**
   * Before anything is stored: makes the store's folders, and takes it that it's this root that uses the store from
   * now on. `taken`: a root elsewhere has the same id (this one is a copy of it), so it needs another.
   */
  prepare(root: RootIdentity): Outcome<void, IoError | { readonly kind: 'taken' }>;

  /** A key that the prepared root uses: its results stay. Appends a line where it isn't registered yet. */
  keep(key: TaskKey): void;

  /** Whether exactly these are the keys whose results stay for the root. Reads one file: 4 ms for 10,000 keys. */
  isRegistered(root: RootIdentity, keys: ReadonlySet<TaskKey>): boolean;

  /**
   * Makes these the keys whose results stay for the prepared root; says whether they weren't. With `mayShrink` false,
   * those that are registered stay as well. Reads one file; writes one, synced, where something changed.
   */
  register(
    keys: ReadonlySet<TaskKey>,
    options: { readonly mayShrink: boolean },
  ): Promise<Outcome<boolean, IoError>>;

  /** Forgets a root: nothing stays for it any more. */
  unregister(rootId: string): void;

  /** Something of so many bytes was added. */
  grew(bytes: number): void;

  /** Writes down what was added, for whoever asks next. */
  noteGrowth(): void;

  /**
   * Whether the store may have come above its cap by what this process added since it asked last: reads and writes
   * one small file, or, once a day, walks the store. Where nothing was added: false, and nothing is read.
   */
  mayExceedCap(): Promise<boolean>;

  /** `busy`: another process is at it. Walks the store: some 15 us a result, 5 us a content. */
  trim(request: TrimRequest): Promise<Outcome<Trimmed, IoError | { readonly kind: 'busy' }>>;

  /** Looks at every registered root. */
  roots(): RegisteredRoot[];

  /**
   * Empties the store for `root`: the results that other roots registered stay, and only where there are none, all
   * goes. Doesn't spare what is being stored: whoever stores it does so again.
   */
  empty(root: string | null): Promise<Outcome<Emptied & Pick<TrimEnd, 'pinned'>, IoError>>;
}

export interface TrimRequest extends Partial<Pick<TrimPlan, 'maxAgeMs' | 'graceMs' | 'signal'>> {
  /** Results that stay besides those that are registered. */
  readonly pins?: ReadonlySet<TaskKey>;
  /** Default: the cap. */
  readonly maxSizeBytes?: number;
  /** Once above `maxSizeBytes`, down to this; default: 90 % of it. */
  readonly goalBytes?: number;
  readonly dryRun?: boolean;
}

export interface Trimmed extends TrimEnd {
  readonly maxSizeBytes: number;
  /** Roots whose results stay. */
  readonly roots: readonly RegisteredRoot[];
  /** Roots that are gone, and so are their registrations. */
  readonly dropped: readonly RegisteredRoot[];
}

export interface RegisteredRoot {
  readonly id: string;
  /** null: its registration is damaged. */
  readonly root: string | null;
  readonly host: string | null;
  /** Keys whose results stay. */
  readonly results: number;
  readonly registeredAtMs: number;
  readonly standing: Standing;
}

/** Trimming stops here, so that it isn't due again with the next result. */
const GOAL = 0.9;
/** Where results that stay take more than the cap, so much must have been added before it's worth another walk. */
const WORTH_IT = 0.02;
/** A process that is killed takes with it what it hasn't noted yet: at most so much of the cap. */
const NOTED_EVERY = 0.01;

export function createUpkeep(workspace: Workspace, maxSizeBytes: number): Upkeep {
  const { layout } = workspace;
  let own: RootIdentity | null = null;
  let register: Register | null = null;
  let unnotedBytes = 0;
  let hasGrown = false;

  function noteGrowth(): void {
    if (unnotedBytes > 0) noteAdded(workspace, unnotedBytes);
    unnotedBytes = 0;
  }

  /** Registrations that count, and those that don't any more. */
  function judge(nowMs: number): { kept: Registration[]; gone: Registration[]; all: RegisteredRoot[] } {
    const kept: Registration[] = [];
    const gone: Registration[] = [];
    const all = readRegistrations(layout).map((registration) => {
      const { id, root, host, keys, writtenAtMs } = registration;
      const standing = id === own?.id ? 'here' : standingOf(registration, nowMs);
      (standing === 'gone' ? gone : kept).push(registration);
      return { id, root, host, results: keys.size, registeredAtMs: Math.round(writtenAtMs), standing };
    });
    return { kept, gone, all };
  }

  function pinsOf(kept: readonly Registration[], more: Iterable<TaskKey> = []): Set<TaskKey> {
    const pins = new Set(more);
    for (const { keys } of kept) for (const key of keys) pins.add(key);
    return pins;
  }

  async function trim(request: TrimRequest): Promise<Trimmed> {
    const cap = request.maxSizeBytes ?? maxSizeBytes;
    const dryRun = request.dryRun === true;
    let all: readonly RegisteredRoot[] = [];
    const { graceMs, signal } = request;
    const end = await trimContents(workspace, {
      maxSizeBytes: cap,
      goalBytes: request.goalBytes ?? cap * GOAL,
      maxAgeMs: request.maxAgeMs ?? null,
      pins: () => {
        const judged = judge(Date.now());
        all = judged.all;
        if (!dryRun) for (const registration of judged.gone) dropRegistration(layout, registration);
        return pinsOf(judged.kept, request.pins);
      },
      dryRun,
      ...(graceMs === undefined ? {} : { graceMs }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!dryRun) {
      const isStuck = end.afterBytes > maxSizeBytes * GOAL && signal?.aborted !== true;
      const usage = { sizeBytes: end.afterBytes, floorBytes: isStuck ? end.afterBytes : 0 };
      writeUsage(workspace, usage, Date.now());
    }
    const isGone = ({ standing }: RegisteredRoot) => standing === 'gone';
    return {
      ...end,
      maxSizeBytes: cap,
      roots: all.filter((root) => !isGone(root)),
      dropped: all.filter(isGone),
    };
  }

  return {
    prepare(root) {
      const present = readRegistration(layout, root.id);
      if (present !== null && isAnotherPlace(present, root)) return fail({ kind: 'taken' });
      try {
        for (const folder of [layout.results, layout.blobs, layout.tmp, layout.roots])
          makeFolder(workspace, folder);
      } catch (error) {
        return fail(ioError(error, 'make', (error as NodeJS.ErrnoException).path ?? layout.base));
      }
      own = root;
      register = createRegister(workspace, root);
      return ok(undefined);
    },
    keep(key) {
      register?.add(key);
    },
    isRegistered: (root, keys) => createRegister(workspace, root).isCurrent(keys),
    unregister(rootId) {
      if (isRootId(rootId)) removeFile(registrationPath(layout, rootId));
    },
    async register(keys, { mayShrink }) {
      if (register === null || own === null) return ok(false);
      const present = mayShrink ? null : readRegistration(layout, own.id);
      return register.replace(present === null ? keys : new Set([...present.keys, ...keys]));
    },
    grew(bytes) {
      hasGrown = true;
      unnotedBytes += bytes;
      if (unnotedBytes > maxSizeBytes * NOTED_EVERY) noteGrowth();
    },
    noteGrowth,
    async mayExceedCap() {
      noteGrowth();
      if (!hasGrown) return false;
      hasGrown = false;
      const nowMs = Date.now();
      let usage = readUsage(workspace, nowMs);
      if (usage === null) {
        usage = { sizeBytes: await measure(layout), floorBytes: 0 };
        writeUsage(workspace, usage, nowMs);
      }
      return usage.sizeBytes > Math.max(maxSizeBytes, usage.floorBytes + maxSizeBytes * WORTH_IT);
    },
    async trim(request) {
      try {
        // A store that isn't there has nothing to lock.
        const isThere = statSync(layout.base, { throwIfNoEntry: false }) !== undefined;
        if (request.dryRun === true || !isThere) return ok(await trim({ ...request, dryRun: true }));
        const lock = tryLock(layout.base, 'trim', 'trim');
        if (!lock.ok && lock.error.kind === 'held') return fail({ kind: 'busy' });
        try {
          // Where no lock can be made (a full disk), it goes without: two at once do no harm.
          return ok(await trim(request));
        } finally {
          if (lock.ok) lock.value.release();
        }
      } catch (error) {
        return fail(ioError(error, 'trim', (error as NodeJS.ErrnoException).path ?? layout.base));
      }
    },
    roots: () => judge(Date.now()).all,
    async empty(rootId) {
      try {
        const { kept, gone } = judge(Date.now());
        for (const registration of [...gone, ...kept.filter(({ id }) => id === rootId)])
          dropRegistration(layout, registration);
        const pins = () => pinsOf(judge(Date.now()).kept);
        if (pins().size === 0) {
          removeLock();
          const emptied = await removeContents(layout);
          return emptied.ok ? ok({ ...emptied.value, pinned: { results: 0, sizeBytes: 0 } }) : emptied;
        }
        const plan = { maxSizeBytes: 0, goalBytes: 0, maxAgeMs: null, graceMs: 0, dryRun: false };
        const { removed, pinned, afterBytes } = await trimContents(workspace, { ...plan, pins });
        writeUsage(workspace, { sizeBytes: afterBytes, floorBytes: 0 }, Date.now());
        return ok({ removedFiles: removed.files, freedBytes: removed.sizeBytes, pinned });
      } catch (error) {
        return fail(ioError(error, 'remove', (error as NodeJS.ErrnoException).path ?? layout.base));
      }
    },
  };

  /** Unless somebody trims at this moment. */
  function removeLock(): void {
    if (statSync(join(layout.base, 'trim.lock'), { throwIfNoEntry: false }) === undefined) return;
    const lock = tryLock(layout.base, 'trim', 'empty');
    if (!lock.ok) return;
    lock.value.release();
    // Whoever takes it between these two lines shares it with the next: a trim at the same time does no harm.
    rmSync(join(layout.base, 'trim.lock'), { recursive: true, force: true });
  }
}

/** The same id at another place that is there as well: one is a copy of the other. */
function isAnotherPlace(present: Registration, root: RootIdentity): boolean {
  if (isOf(present, root) || present.proof === null || standingOf(present, Date.now()) !== 'here')
    return false;
  const [a, b] = [present.proof, root.proof].map((path) => statSync(path, { throwIfNoEntry: false }));
  // Another way to the same folder (a link, a bind mount) leads to the same file.
  return a !== undefined && b !== undefined && (a.ino !== b.ino || a.dev !== b.dev);
}
