/**
 * An `orch watch --json` that a test goes along with: it acts when the watch says that it waits, which is when no
 * change can be missed, and reads off the events what came of it.
 */
import { onTestFinished } from 'vitest';
import type { RunEvent, WatchEvent } from '../../../src/model/event.ts';
import type { Ran, RunOptions } from '../../support/project.ts';
import { until } from './gate.ts';
import { type Scenario, said } from './scenario.ts';

export type WatchingEvent = RunEvent | WatchEvent;

/** What one wait brought: the change, and the events of the run that it set off, up to the next wait. */
export interface Round {
  readonly paths: readonly string[];
  /** Of tasks that were dealt with: label -> outcome. */
  readonly outcomes: Readonly<Record<string, string>>;
  readonly exitCode: number;
  readonly events: readonly WatchingEvent[];
}

export interface Watching {
  readonly pid: number;
  /** Resolves when it has begun to wait once more since this was last called; gives what happened until then. */
  round(): Promise<Round>;
  /** Resolves with the next event of this name after those that were met before. */
  event(name: WatchingEvent['event']): Promise<WatchingEvent>;
  kill(signal: NodeJS.Signals): void;
  readonly done: Promise<Ran>;
}

export function watching(s: Scenario, args: readonly string[], options: RunOptions = {}): Watching {
  const running = s.start(['watch', '--json', ...args], options);
  onTestFinished(() => running.kill('SIGKILL'));
  let seen = 0;
  let hasEnded = false;
  void running.done.finally(() => {
    hasEnded = true;
  });

  /** The events from the first unmet one up to the first of this name. */
  async function upTo(name: WatchingEvent['event']): Promise<WatchingEvent[]> {
    let unmet: WatchingEvent[] = [];
    const find = () => {
      unmet = watchEvents(running.stdoutSoFar()).slice(seen);
      return unmet.findIndex(({ event }) => event === name) + 1;
    };
    await until(() => find() > 0 || hasEnded, name);
    const count = find();
    if (count === 0) throw new Error(`ended without ${name}: ${said(await running.done)}`);
    seen += count;
    return unmet.slice(0, count);
  }

  return {
    pid: running.pid,
    async round() {
      const some = await upTo('watch-waiting');
      const outcomes: Record<string, string> = {};
      for (const event of some) if (event.event === 'task-finished') outcomes[event.task] = event.outcome;
      const last = some.at(-1) as Extract<WatchingEvent, { event: 'watch-waiting' }>;
      const paths = some.flatMap((event) => (event.event === 'watch-change' ? event.paths : []));
      return { paths, outcomes, exitCode: last.exitCode, events: some };
    },
    event: async (name) => (await upTo(name)).at(-1)!,
    kill: (signal) => running.kill(signal),
    done: running.done,
  };
}

/** Whole lines only: the last one may still be on its way. */
export function watchEvents(stdout: string): WatchingEvent[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as WatchingEvent);
}
