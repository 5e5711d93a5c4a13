/**
 * What completion knows of orch's commands and flags: taken from commander's definitions when orch is built, so
 * that they need not be made anew for every word that is completed.
 */

export interface FlagInfo {
  /** `--jobs` */
  readonly long: string;
  /** `-j` */
  readonly short: string | null;
  /** What its value is called: `dir`, `file`, `name`…; null: it takes none. */
  readonly value: string | null;
  /** The only values that it takes, where that is so. */
  readonly values: readonly string[] | null;
  readonly description: string;
}

export interface ArgumentInfo {
  readonly name: string;
  readonly variadic: boolean;
  readonly values: readonly string[] | null;
}

export interface CommandInfo {
  readonly name: string;
  readonly description: string;
  readonly arguments: readonly ArgumentInfo[];
  /** Its own; those of orch itself are understood everywhere. */
  readonly flags: readonly FlagInfo[];
  /** Parameters of the pipeline are flags, too. */
  readonly takesParams: boolean;
  readonly commands: readonly CommandInfo[];
}
