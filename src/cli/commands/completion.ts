/** `orch completion SHELL`. */
import { EXIT } from '../../app/exit-codes.ts';
import { SCRIPTS, type Shell } from '../completion/scripts.ts';
import { print } from '../output.ts';

export function completion(shell: Shell): number {
  print(SCRIPTS[shell]);
  return EXIT.done;
}
