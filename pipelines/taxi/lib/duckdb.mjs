// DuckDB as the stages use it: in memory, offline, and writing the same bytes on any number of threads.
import { DuckDBInstance, version } from '@duckdb/node-api';
import { Trouble } from './stage.mjs';

/**
 * The release that this pipeline's files were made with. Another release may write other parquet bytes, and
 * node_modules isn't an input of any task; this line is, through this file, so changing it reruns the stages.
 */
export const DUCKDB_VERSION = 'v1.5.5';

/**
 * @param {{threads: number}} options
 * @returns {Promise<Database>}
 */
export async function openDatabase({ threads }) {
  if (version() !== DUCKDB_VERSION) {
    throw new Trouble(
      `DuckDB ${version()} is installed, but this pipeline is written for ${DUCKDB_VERSION}: run npm ci, ` +
        'or change DUCKDB_VERSION in pipelines/taxi/lib/duckdb.mjs so that all stages run again',
    );
  }
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    // By default DuckDB fetches extensions over the network when a query seems to need one.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Never spills into a folder of its own making; a month takes some 20 MB.
    temp_directory: '',
  });
  return new Database(await instance.connect());
}

class Database {
  #connection;

  constructor(connection) {
    this.#connection = connection;
  }

  get connection() {
    return this.#connection;
  }

  run(sql) {
    return this.#connection.run(sql);
  }

  /** Rows as objects; integers beyond 2^53 come as strings. */
  async rows(sql) {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader.getRowObjectsJson();
  }

  /** Every column of the query as doubles, by name. */
  async columns(sql) {
    const reader = await this.#connection.runAndReadAll(`SELECT CAST(COLUMNS(*) AS DOUBLE) FROM (${sql})`);
    const names = reader.columnNames();
    return new Map(reader.getColumns().map((values, index) => [names[index], Float64Array.from(values)]));
  }

  /** Name and type of the columns of a parquet file, in order. Trouble where it isn't one. */
  async schema(path) {
    try {
      const rows = await this.rows(`DESCRIBE SELECT * FROM read_parquet(${quoted(path)})`);
      return rows.map((row) => ({ name: row.column_name, type: row.column_type }));
    } catch (error) {
      throw new Trouble(`${path} can't be read as parquet: ${firstLine(error)}`);
    }
  }

  /** The file's own labels (key-value metadata) as an object of strings. */
  async labels(path) {
    const rows = await this.rows(
      `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${quoted(path)})`,
    );
    return Object.fromEntries(rows.map((row) => [row.key, row.value]));
  }

  /**
   * Writes a query's rows, ordered by all its columns. That is a total order, the one thing that makes the file's
   * bytes independent of threads; rows that are equal in every column are interchangeable.
   *
   * @param {string} sql
   * @param {string} path
   * @param {Record<string, string>} labels
   */
  async writeParquet(sql, path, labels) {
    const metadata = Object.entries(labels).map(([key, value]) => `${key}: ${quoted(value)}`);
    await this.run(
      `COPY (SELECT * FROM (${sql}) ORDER BY ALL) TO ${quoted(path)} ` +
        `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, KV_METADATA {${metadata.join(', ')}})`,
    );
  }
}

export function quoted(text) {
  return `'${String(text).replaceAll("'", "''")}'`;
}

function firstLine(error) {
  return String(error.message).split('\n')[0];
}
