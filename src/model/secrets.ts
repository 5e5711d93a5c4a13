/** The secrets of a project's tasks: plain data, held in memory only. */
export interface Secrets {
  /** Names that some task of some pipeline declares. */
  readonly declared: ReadonlySet<string>;
  /** Those that are set, by name; an empty value is none. */
  readonly values: ReadonlyMap<string, string>;
}
