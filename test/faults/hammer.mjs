#!/usr/bin/env node
/**
 * Eight processes at one shared cache, without a pause: runs in roots of equal and of other scopes, one that empties
 * it again and again, gc down to next to nothing, verify with and without repair. Every run must end well with the
 * right bytes, and verify must never find damage, since nobody damages anything.
 *
 *     node test/faults/hammer.mjs --minutes 5
 *
 * Prints one line of JSON; ends with 1 where anything went wrong.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ORCH = fileURLToPath(new URL('../../bin/orch', import.meta.url));
const at = process.argv.indexOf('--minutes');
const minutes = at === -1 ? 1 : Number(process.argv[at + 1]);
const endMs = Date.now() + minutes * 60_000;

const folder = mkdtempSync(join(tmpdir(), 'orch-hammer-'));
const env = {
  ...process.env,
  ORCH_CACHE_DIR: join(folder, 'shared'),
  ORCH_CACHE_MAX_SIZE: '2MB',
  NO_COLOR: '1',
};
for (const name of Object.keys(env)) if (/^(VITEST|ORCH_TEST|NODE_OPTIONS)/.test(name)) delete env[name];

const FILES = 20;
const tasks = {
  a: { run: "printf '%0200000d' ${{ params.n }} > a.bin", inputs: ['in.txt'], outputs: ['a.bin'] },
  b: { run: 'cat a.bin in.txt > b.bin', inputs: ['a.bin', 'in.txt'], outputs: ['b.bin'] },
  many: {
    run: `n=\${{ params.n }}; mkdir -p many/deep; for i in $(seq 1 ${FILES}); do echo "$i $((i % 2 * n))" > many/deep/f$i; done; cp a.bin many/`,
    inputs: ['a.bin'],
    outputs: ['many/'],
  },
};

/** What the outputs must be. */
function expected(n) {
  const a = String(n).padStart(200_000, '0');
  const files = { 'a.bin': a, 'b.bin': `${a}in\n`, 'many/a.bin': a };
  for (let i = 1; i <= FILES; i += 1) files[`many/deep/f${i}`] = `${i} ${(i % 2) * n}\n`;
  return files;
}

function makeRoot(name, scope) {
  const root = join(folder, name);
  mkdirSync(root);
  writeFileSync(join(root, 'in.txt'), 'in\n');
  writeFileSync(
    join(root, 'orch.yaml'),
    JSON.stringify({ version: 1, name: 'flow', cache: { scope }, params: { n: 1 }, tasks }),
  );
  return root;
}

function orch(root, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(ORCH, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, said }));
  });
}

const counts = { runs: 0, commands: 0, restored: 0, cleaned: 0, gcs: 0, verifies: 0 };
const wrong = [];

function blame(what, root, detail) {
  wrong.push({ what, root, atMs: Date.now(), detail: String(detail).slice(0, 2_000) });
}

async function whileTime(act) {
  while (Date.now() < endMs && wrong.length === 0) await act();
}

function runs(name, scope, options = {}) {
  const root = makeRoot(name, scope);
  return whileTime(async () => {
    if (options.cleans === true && Math.random() < 0.4) {
      const cleaned = await orch(root, '--clean', '-y', '--outputs');
      if (cleaned.code !== 0) blame('clean', name, cleaned.said);
      counts.cleaned += 1;
    }
    const n = 1 + Math.floor(Math.random() * 5);
    if (Math.random() < 0.5)
      for (const path of ['a.bin', 'b.bin', 'many'])
        if (Math.random() < 0.6) rmSync(join(root, path), { recursive: true, force: true });
    const args = Math.random() < 0.1 ? ['--force'] : [];
    const ran = await orch(root, 'run', 'a', 'b', 'many', '--n', String(n), ...args);
    counts.runs += 1;
    counts.commands += (ran.said.match(/Running task/g) ?? []).length;
    counts.restored += (ran.said.match(/restored from cache/g) ?? []).length;
    if (ran.code !== 0) return blame('run', name, ran.said);
    if (/damaged/.test(ran.said)) return blame('run says damaged', name, ran.said);
    for (const [path, content] of Object.entries(expected(n))) {
      let found = null;
      try {
        found = readFileSync(join(root, path), 'latin1');
      } catch (error) {
        found = `(${error.code})`;
      }
      if (found !== content)
        return blame(
          'wrong bytes',
          name,
          `${path} --n ${n}: ${found.slice(0, 40)}… (${found.length})\n${ran.said}`,
        );
    }
  });
}

function others(name, act) {
  const root = makeRoot(name, name);
  return whileTime(() => act(root));
}

await Promise.all([
  runs('one', 'same'),
  runs('two', 'same'),
  runs('three', 'three'),
  runs('four', 'four'),
  runs('five', 'same', { cleans: true }),
  others('gc', async (root) => {
    const swept = await orch(root, 'cache', 'gc', '--max-size', Math.random() < 0.5 ? '0' : '300kB');
    counts.gcs += 1;
    if (swept.code !== 0 && swept.code !== 4) blame('gc', 'gc', swept.said);
  }),
  others('verify', async (root) => {
    const verified = await orch(root, 'cache', 'verify');
    counts.verifies += 1;
    if (verified.code !== 0) blame('verify', 'verify', verified.said);
  }),
  others('repair', async (root) => {
    const verified = await orch(root, 'cache', 'verify', '--repair');
    counts.verifies += 1;
    if (verified.code !== 0 || /repaired/.test(verified.said)) blame('repair', 'repair', verified.said);
  }),
]);

console.log(JSON.stringify({ minutes, ...counts, wrong }));
if (wrong.length === 0) rmSync(folder, { recursive: true, force: true });
else console.error(`left to be looked at: ${folder}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
