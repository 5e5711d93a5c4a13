/**
 * Journal and record of own files for a run that must hear when they can't be written, wherever that happens and
 * whoever deals with it there. Knows nothing of what is recorded.
 */
import type { Journal } from '../state/journal.ts';
import type { Ownership } from '../state/ownership.ts';
import { RecordError } from '../state/record-error.ts';

export interface Records {
  readonly journal: Journal;
  readonly ownership: Ownership;
}

/** The same records; `onLost` is called before an error goes on to whoever wrote. */
export function guardRecords({ journal, ownership }: Records, onLost: (error: RecordError) => void): Records {
  const tell = (error: unknown): never => {
    if (error instanceof RecordError) onLost(error);
    throw error;
  };
  function guard<Entries>({
    append,
    sync,
  }: {
    readonly append: (entries: Entries) => void;
    readonly sync: () => Promise<void>;
  }) {
    return {
      append: (entries: Entries) => {
        try {
          append(entries);
        } catch (error) {
          tell(error);
        }
      },
      sync: () => sync().catch(tell),
    };
  }
  return {
    journal: { ...journal, ...guard(journal) },
    ownership: { ...ownership, ...guard(ownership) },
  };
}

/** Records what may be missing without harm: of a record that can't be written the run has heard already. */
export function recordIfPossible(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
  }
}
