/**
 * Pipelines as people write them wrongly who know make, DVC, Snakemake, Airflow or GitHub Actions, and YAML only a
 * little. What orch says of each is kept as a fixture, and was looked at.
 */
import { FIELDS } from './fields.ts';
import { HABITS } from './habits.ts';
import type { WrongPipelines } from './head.ts';
import { MEANING } from './meaning.ts';
import { YAML } from './yaml.ts';

/** By subject. */
export const WRONG_PIPELINES: Readonly<Record<string, WrongPipelines>> = {
  ...YAML,
  ...FIELDS,
  ...MEANING,
  ...HABITS,
};
