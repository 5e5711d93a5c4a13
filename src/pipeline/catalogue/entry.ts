/** What the catalogue of diagnostics holds for each code. */
export interface CatalogueEntry {
  readonly severity: 'error' | 'warning';
  /** One sentence: what is wrong. */
  readonly title: string;
  /** Why it is wrong, or what would happen; some sentences. */
  readonly explanation: string;
  /** What to do about it. */
  readonly fix: string;
  /** A project that makes exactly this message, and nothing else. */
  readonly example: CatalogueExample;
}

export interface CatalogueExample {
  /** By path; the text of `orch.yaml` where it is the only file. */
  readonly files: string | Readonly<Record<string, string>>;
  /** As typed; by default `orch validate`. */
  readonly command?: string;
  /** The `orch.yaml` of an earlier run, with its command, where the message is about what that left. */
  readonly earlier?: { readonly file: string; readonly command: string };
  /** How the files are written; by default as UTF-8. */
  readonly encoding?: 'latin1';
  /** The file is filled up to this size by a comment. */
  readonly sizeBytes?: number;
}

export type Entries = Readonly<Record<string, CatalogueEntry>>;
