/**
 * Runs the tests; arguments are Vitest's own (`npm test -- packages/askonce/src/store`).
 * The last line is `N passed, N failed`; the exit code is 0 only if some passed and nothing failed.
 */
import process from 'node:process';
import { parseCLI, startVitest } from 'vitest/node';
import { CountReporter } from './count-reporter.mjs';
import { installServices } from './services/install.ts';

/** Runs Vitest once. Resolves, once Vitest has closed, to whether it ended without an error. */
async function runVitest(args, counter) {
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  const vitest = await startVitest('test', filter, {
    ...options,
    watch: false,
    run: true,
    passWithNoTests: false,
    reporters: ['default', counter],
  });
  // Coverage below its threshold shows only in the exit code.
  const exitCode = process.exitCode ?? 0;
  await vitest.close();
  return exitCode === 0;
}

const missing = installServices(['redis', 'postgres', 'pgbouncer', 'prometheus']);
for (const line of Object.values(missing)) console.error(`services: ${line}`);

const counter = new CountReporter();
let succeeded = false;
try {
  succeeded = await runVitest(process.argv.slice(2), counter);
} catch (error) {
  console.error(error);
}
for (const line of counter.unsteady) console.error(`passed only when it ran again: ${line}`);
if (counter.passed === 0 && counter.failed === 0) console.error('No test ran.');
process.exitCode = succeeded && counter.passed > 0 && counter.failed === 0 ? 0 : 1;
// The last line, then the end: a server that a test left open must not keep the process alive.
process.stdout.write(`${counter.summary}\n`, () => process.exit());
