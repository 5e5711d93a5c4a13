/** Which command lines can be answered by stats alone: those without flags that change what is looked at or said. */
import type { IdleQuestion } from '../state/idle.ts';

const NEVER_IDLE =
  /^(-C.*|-f.*|-v|-n|-B|-t|-h|--(directory|file|root|verbose|json|dry-run|force|rehash|only|touch|date|no-cache|output|help|version)(=.*)?)$/;

export function idleQuestion(
  argv: readonly string[],
  /** A folder, for paths among the targets. */
  cwd: string,
  where: Omit<IdleQuestion, 'argv'>,
): IdleQuestion | null {
  // Variables say the same as flags do.
  const flagged = Object.keys(where.environment).some(
    (name) =>
      name.startsWith('ORCH_') && NEVER_IDLE.test(`--${name.slice(5).toLowerCase().replaceAll('_', '-')}`),
  );
  return argv[0] !== 'run' || flagged || argv.some((word) => NEVER_IDLE.test(word))
    ? null
    : { ...where, argv: cwd === where.root ? argv : [...argv, cwd] };
}
