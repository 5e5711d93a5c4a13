// Brings one month of trips here, as they are: the TLC's file byte for byte, or a synthetic month of the same
// structure. Beside it lies a note that says which of the two it is, for every later stage to carry on.
import { stat } from 'node:fs/promises';
import { openDatabase, quoted } from './lib/duckdb.mjs';
import { replaceFile, replaceText, sha256OfFile, toJson } from './lib/files.mjs';
import { writeSampleMonth } from './lib/sample-file.mjs';
import { SAMPLE_LABEL } from './lib/sample-month.mjs';
import { runStage, Trouble } from './lib/stage.mjs';
import { fetchMonth, KNOWN_FILES, locate } from './lib/tlc-source.mjs';
import { schemaFaults } from './lib/trip-schema.mjs';

const TLC_LABEL = 'NYC TLC green taxi trips';

await runStage(
  'extract',
  {
    month: { type: 'month' },
    source: { type: 'text', oneOf: ['sample', 'tlc'] },
    'url-template': { type: 'text', optional: true },
    out: { type: 'text' },
    note: { type: 'text' },
    tmp: { type: 'text', optional: true },
    threads: { type: 'integer', default: 1 },
    rows: { type: 'integer', optional: true },
    attempts: { type: 'integer', default: 3 },
    'delay-ms': { type: 'integer', default: 500 },
    'timeout-ms': { type: 'integer', default: 120_000 },
  },
  async (flags) => {
    const { month, source, out } = flags;
    const database = await openDatabase(flags);
    const place = source === 'tlc' ? placeOf(flags) : null;
    const facts = await replaceFile(out, flags.tmp, async (path) => {
      if (place === null) await writeSampleMonth(database, { month, rows: flags.rows, path });
      else {
        const { attempts, 'delay-ms': delayMs, 'timeout-ms': timeoutMs } = flags;
        await fetchMonth(place, path, { month, attempts, delayMs, timeoutMs });
      }
      return inspect(database, path, place?.at ?? out, month);
    });

    const label = place === null ? SAMPLE_LABEL : TLC_LABEL;
    // Where it was fetched from is said here and not in the note: equal bytes from another place are equal data.
    console.log(`${month}: ${label}${place === null ? '' : ` from ${place.at}`}`);
    console.log(`${month}: ${facts.rows} rows, ${facts.size_bytes} bytes, sha256 ${facts.sha256}`);
    const known = source === 'tlc' ? compareWithKnown(month, facts.sha256) : 'not applicable';
    await replaceText(flags.note, flags.tmp, toJson({ month, source, source_label: label, ...facts, known }));
  },
);

function placeOf(flags) {
  if (flags['url-template'] === undefined) throw new Trouble('--source tlc needs --url-template', 2);
  return locate(flags['url-template'], flags.month);
}

/** Refuses what later stages couldn't work with, while the message can still say where it came from. */
async function inspect(database, path, from, month) {
  const faults = schemaFaults(await database.schema(path));
  if (faults.length > 0) throw new Trouble(`${from} isn't a month of green taxi trips: ${faults.join('; ')}`);
  const [{ rows }] = await database.rows(
    `SELECT CAST(count(*) AS INTEGER) AS rows FROM read_parquet(${quoted(path)})`,
  );
  if (rows === 0) throw new Trouble(`${from} holds no trips for ${month}`);
  const { size } = await stat(path);
  return { rows, size_bytes: size, sha256: await sha256OfFile(path) };
}

function compareWithKnown(month, sha256) {
  const expected = KNOWN_FILES[month];
  if (expected === undefined) return 'never seen before';
  if (expected === sha256) return 'as known';
  process.stderr.write(
    `extract: warning: the file for ${month} isn't the one known (sha256 ${expected}): the TLC may have revised it, ` +
      'or it was altered on the way; results will differ from those in the documentation\n',
  );
  return 'differs from the known file';
}
