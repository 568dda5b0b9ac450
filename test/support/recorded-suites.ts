/**
 * Suites over real providers' answers, which lie outside the repository.
 */
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { dataFolder } from '../../packages/askonce/src/testing/recordings.ts';
import { isCi } from './is-ci.ts';

/**
 * A suite that needs the recorded data (`ASKONCE_DATA`, or `../shared/data` beside the repository). Without the data
 * it is one skipped test that says so; in CI that test fails, so that a green run there has covered the recordings.
 */
export function describeRecorded(title: string, suite: () => void): void {
  if (dataFolder() !== undefined) {
    describe(title, suite);
    return;
  }
  const expected = process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
  const missing = `ASKONCE_DATA or ../shared/data is missing: there is no ${expected}`;
  describe(title, () => {
    it.skipIf(!isCi)(missing, () => {
      throw new Error(missing);
    });
  });
}
