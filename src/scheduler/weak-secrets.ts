/** What is masked in a task's log; warns of secrets that can't be masked well. Names them, and never says a value, nor how long it is exactly. */
import { isWeakSecret, WEAK_BELOW } from '../base/mask.ts';
import type { Secrets } from '../model/secrets.ts';
import type { Task } from '../model/task.ts';
import type { RunContext } from './context.ts';

/** To be called before a task's command starts; says each name once. */
export function weakSecretWarner({
  secrets: { values },
  emit,
}: Pick<RunContext, 'secrets' | 'emit'>): (task: Task) => void {
  const said = new Set<string>();
  return ({ label, secrets }) => {
    for (const name of secrets) {
      const value = values.get(name) ?? '';
      // What is blank isn't masked at all.
      if (value.trim() === '' || said.has(name) || !isWeakSecret(value)) continue;
      said.add(name);
      emit({
        event: 'notice',
        level: 'warning',
        code: 'weak-secret',
        message: `the secret ${name} of ${label} is shorter than ${WEAK_BELOW} characters: masking it hides ordinary text too, and the gaps give it away; use a longer value`,
        task: label,
      });
    }
  };
}

/**
 * What the log of a task may not show. Others' secrets too: it may come across them in a file. A short one of
 * others isn't masked, for it would shred the text of a task that has nothing to do with it.
 */
export function hiddenFrom(task: Task, { values }: Secrets): string[] {
  return [...values].flatMap(([name, value]) =>
    task.secrets.includes(name) || !isWeakSecret(value) ? [value] : [],
  );
}
