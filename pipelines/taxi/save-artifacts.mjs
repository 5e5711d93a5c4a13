// Puts together what goes out: the model, its metrics, the parameters and what it was made from, in one folder
// under one digest. Equal contents are the same release, whoever made it and when.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, replaceText, sha256OfFile, sha256OfText, toJson } from './lib/files.mjs';
import { digestOf, RELEASE_FILE, runIdOf } from './lib/release.mjs';
import { runStage, Trouble } from './lib/stage.mjs';

await runStage(
  'save_artifacts',
  {
    model: { type: 'text' },
    metrics: { type: 'text' },
    param: { type: 'text', many: true },
    out: { type: 'text' },
    tmp: { type: 'text', optional: true },
  },
  // The arguments without a flag are the files that the model was made from.
  async (flags, madeFrom) => {
    const metrics = await readJson(flags.metrics, 'the metrics');
    const contents = {
      'inputs.json': toJson(await digestsOf(madeFrom)),
      'metrics.json': await readFile(flags.metrics, 'utf8'),
      'model.json': await readFile(flags.model, 'utf8'),
      'params.json': toJson(readParams(flags.param)),
    };
    const files = Object.fromEntries(
      Object.entries(contents).map(([name, text]) => [name, sha256OfText(text)]),
    );
    const digest = digestOf(files);
    const { rmse, mean_rmse, source, source_label } = metrics;
    const release = { digest, run_id: runIdOf(digest), rmse, mean_rmse, source, source_label, files };
    await mkdir(flags.out, { recursive: true });
    for (const [name, text] of Object.entries(contents))
      await replaceText(join(flags.out, name), flags.tmp, text);
    // Last, so that a folder with this file is whole.
    await replaceText(join(flags.out, RELEASE_FILE), flags.tmp, toJson(release));
    console.log(`release ${digest} (${source_label}, RMSE ${rmse})`);
  },
);

async function digestsOf(paths) {
  const digests = {};
  for (const path of [...paths].sort()) {
    digests[path] = await sha256OfFile(path).catch((error) => {
      throw new Trouble(`${path} can't be read (${error.code})`);
    });
  }
  return digests;
}

/** `name=value`, the value as JSON where it is JSON; by name, so that the order of the flags doesn't matter. */
function readParams(texts) {
  const pairs = texts.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new Trouble(`--param: expected name=value, found '${text}'`, 2);
    return [text.slice(0, at), parseValue(text.slice(at + 1))];
  });
  return sorted(Object.fromEntries(pairs));
}

function parseValue(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function sorted(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
