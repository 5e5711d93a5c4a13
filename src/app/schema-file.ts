/**
 * The copy of the JSON Schema that lies beside a pipeline. It is meant for version control: editors find it on every
 * machine, before orch is installed there and without a network, which neither a path into an installation nor the
 * cache (out of version control) nor an address gives.
 */
export const SCHEMA_FILE = '.orch.schema.json';
