import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const report = process.env['ORCH_TEST_REPORT'];
// Suites that take minutes by themselves: `npm run test:long`; of the differential test `npm test` runs some graphs.
const LONG = ['test/differential/planted-bugs.test.ts', 'test/e2e/many-runs.test.ts'];
const DIFFERENTIAL = 'test/differential/differential.test.ts';
const isLong = process.env['ORCH_TEST_LONG'] === '1';
// Faults of the system, injected for real (strace, mounts, root): `npm run test:faults`.
const FAULTS = ['test/faults/**/*.test.ts'];
const isFaults = process.env['ORCH_TEST_FAULTS'] === '1';

/** Starts the file that takes minutes before all others, so that no worker is left to wait for it alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = (file: TestSpecification) => file.moduleId.endsWith('/differential.test.ts');
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

// Tests drive the built binary with real processes: a fork per file, two at a time as on the smallest machine.
export default defineConfig({
  test: {
    include: isLong ? [...LONG, DIFFERENTIAL] : isFaults ? FAULTS : ['test/**/*.test.ts'],
    exclude: isLong || isFaults ? [] : [...LONG, ...FAULTS],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Continuous integration counts the tests from this file.
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
  },
});
