/**
 * The first thing that node runs: loads the bundle through V8's code cache, which spares compiling it (some
 * 20 ms of 80). Knows nothing else; where the cache is missing or of another Node, the bundle is compiled.
 */
import { readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

declare const ORCH_VERSION: string;

if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write(`${ORCH_VERSION}\n`);
else loadBundle();

function loadBundle(): void {
  const file = join(__dirname, 'main.cjs');
  const cachedData = readIfThere(join(__dirname, 'main.cache'));
  const script = new Script(Module.wrap(readFileSync(file, 'utf8')), {
    filename: file,
    ...(cachedData === null ? {} : { cachedData }),
  });
  const module = { exports: {} };
  const main = script.runInThisContext() as (...args: readonly unknown[]) => void;
  main.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
