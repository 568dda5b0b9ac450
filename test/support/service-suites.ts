/**
 * Suites that need a server which this machine may lack.
 */
import { describe, it } from 'vitest';
import { missingService, type ServiceName } from '../../scripts/services/programs.ts';
import { isCi } from './is-ci.ts';

/**
 * A suite that needs a real server. Without its program it is one skipped test that says what to install; in CI that
 * test fails, so that a green run there has met the server.
 */
export function describeWithService(name: ServiceName, title: string, suite: () => void): void {
  const missing = missingService(name);
  if (missing === undefined) {
    describe(title, suite);
    return;
  }
  describe(title, () => {
    it.skipIf(!isCi)(missing, () => {
      throw new Error(missing);
    });
  });
}
