import { defineConfig } from 'vitest/config';

// Tests drive the built binary with real processes: a fork per file, two at a time as on the smallest machine.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
