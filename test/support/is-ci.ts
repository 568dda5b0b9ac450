/** Whether the tests run in CI, where nothing is skipped and a failure is tried once more. */
import { env } from 'node:process';

/** By the variable `CI`, as most services set it; `0` and `false` stand for no. */
export const isCi = !['', '0', 'false'].includes(env['CI'] ?? '');
