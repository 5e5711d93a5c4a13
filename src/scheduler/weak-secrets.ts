/** Warns of secrets that can't be masked well. Names them, and never says a value, nor how long it is exactly. */
import { isWeakSecret, WEAK_BELOW } from '../base/mask.ts';
import type { Task } from '../model/task.ts';
import type { RunContext } from './context.ts';

/** To be called before a task's command starts; says each name once. */
export function weakSecretWarner({
  environment,
  emit,
}: Pick<RunContext, 'environment' | 'emit'>): (task: Task) => void {
  const said = new Set<string>();
  return ({ label, secrets }) => {
    for (const name of secrets) {
      const value = environment[name] ?? '';
      // What is empty isn't masked at all.
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
