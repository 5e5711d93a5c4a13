/**
 * Tells that it's time to look: because the system told of a change, or, where it can't, because a while has
 * passed. The system's watches are few on some machines, and network or container mounts tell of nothing.
 */
import type { FolderNames } from '../app/source-folders.ts';
import type { WatchEventBody } from '../model/event.ts';
import { type FolderWatch, watchFolders } from './folder-watch.ts';

export interface SentryRequest {
  /** null: by the system's events, as long as it gives them. */
  readonly pollMs: number | null;
  readonly onEvent: () => void;
  readonly emit: (event: WatchEventBody) => void;
}

export interface Sentry {
  /** To be called at each look. Says whether folders were added, in which something may have happened before. */
  readonly follow: (folders: FolderNames) => boolean;
  /** How often is looked; null: when the system tells. */
  readonly pollMs: () => number | null;
  readonly close: () => void;
}

const FALLBACK_POLL_MS = 1_000;

export function createSentry({ pollMs, onEvent, emit }: SentryRequest): Sentry {
  let everyMs = pollMs;
  let folders: FolderWatch | null = pollMs === null ? watchFolders(onEvent) : null;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;

  /** From one look to the next, so that looks that take long don't pile up. */
  function poll(afterMs: number): void {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(onEvent, afterMs);
  }

  return {
    follow(wanted) {
      if (isClosed) return false;
      if (everyMs !== null) poll(everyMs);
      const answer = folders?.follow(wanted) ?? 'same';
      if (typeof answer === 'string') return answer === 'more';
      folders?.close();
      folders = null;
      everyMs = FALLBACK_POLL_MS;
      emit({
        event: 'notice',
        level: 'warning',
        code: 'watch-polling',
        message: `${wanted.size} folders can't be watched: ${refusal(answer.refused)}. Until then orch looks once a second`,
        task: null,
      });
      return true;
    },
    pollMs: () => everyMs,
    close() {
      isClosed = true;
      folders?.close();
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** What is short, and how to get more of it. */
function refusal(code: string): string {
  switch (code) {
    case 'ENOSPC':
      return "the system's limit of watches is reached (ENOSPC); raise it, for example `sudo sysctl fs.inotify.max_user_watches=524288`";
    case 'EMFILE':
    case 'ENFILE':
      return `too many files or watchers are open (${code}); raise \`ulimit -n\`, or \`sudo sysctl fs.inotify.max_user_instances=1024\``;
    default:
      return `the system refuses (${code})`;
  }
}
