import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { apartPool } from './test/e2e/pool.ts';

/** Spec files that take minutes: begun last, they would be waited for alone. */
const LONGEST = ['test/e2e/scenarios.spec.ts', 'test/oci-simulator/doctor.spec.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.endsWith(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
          exclude: ['test/e2e/**'],
          // A process for each file took more time than the tests. A file that mocks a module resets them before and after.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        // Namespaces and mount points carry fixed names: every file has its own (test/e2e/pool.ts).
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          globalSetup: 'test/e2e/prepare.ts',
          pool: apartPool,
          // Of the scenarios, each of which keeps a third to half a processor busy, beside one other file.
          maxConcurrency: 2,
          // Longer than several of the lab's waits: what they waited for says more than that time is up.
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
