import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { bootId } from '../../src/base/boot.ts';
import { identify } from '../../src/base/process-identity.ts';

test('a boot has one name: in this process, in another one, and in the names of processes', () => {
  expect(bootId()).toMatch(/^[^:\s]+$/);
  expect(bootId()).toBe(bootId());
  expect(identify(process.pid)?.split(':')[2]).toBe(bootId());
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, '../../src/base/boot.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const module = `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`;
  const script = `const { bootId } = await import(${JSON.stringify(module)}); process.stdout.write(bootId());`;
  const other = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(other).toBe(bootId());
});
