import { defineConfig } from 'vitest/config';

const report = process.env['ORCH_TEST_REPORT'];

// Tests drive the built binary with real processes: a fork per file, two at a time as on the smallest machine.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Continuous integration counts the tests from this file.
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
  },
});
