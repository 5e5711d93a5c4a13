/**
 * Everything that can be wrong with a pipeline: one closed list of codes, each with what it means, what to do, and
 * an example. `orch help CODE` prints it, docs/errors.md is made of it, and a test makes every message by its
 * example. Loaded only when somebody asks: whoever reports an error needs the codes as types.
 */
import type { CatalogueEntry } from './entry.ts';
import { EXPRESSION_CODES } from './expressions.ts';
import { PARAMETER_CODES } from './parameters.ts';
import { SCHEMA_CODES } from './schema.ts';
import { TASK_CODES } from './tasks.ts';
import { YAML_CODES } from './yaml.ts';

export type { CatalogueEntry, CatalogueExample } from './entry.ts';

export type DiagnosticCode = keyof (typeof YAML_CODES &
  typeof SCHEMA_CODES &
  typeof TASK_CODES &
  typeof PARAMETER_CODES &
  typeof EXPRESSION_CODES);

export interface CatalogueGroup {
  readonly title: string;
  readonly entries: Readonly<Record<string, CatalogueEntry>>;
}

/** In the order of the reference page. */
export const CATALOGUE_GROUPS: readonly CatalogueGroup[] = [
  { title: 'The file and its YAML', entries: YAML_CODES },
  { title: 'Keys and values', entries: SCHEMA_CODES },
  { title: 'Tasks and paths', entries: TASK_CODES },
  { title: 'Parameters', entries: PARAMETER_CODES },
  { title: 'Expressions and commands', entries: EXPRESSION_CODES },
];

export const CATALOGUE: Readonly<Record<DiagnosticCode, CatalogueEntry>> = {
  ...YAML_CODES,
  ...SCHEMA_CODES,
  ...TASK_CODES,
  ...PARAMETER_CODES,
  ...EXPRESSION_CODES,
};
