/** Loads the main bundle, which does all there is to do, through V8's code cache, which spares compiling it. */
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

export function loadBundle(): void {
  const file = join(__dirname, 'main.cjs');
  if (!existsSync(file)) {
    writeSync(2, `orch: ${file} is missing: orch is not installed completely\n`);
    process.exitCode = 3;
    return;
  }
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
