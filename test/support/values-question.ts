/** The question that processes of a test ask, and the settings of their caches. */
import { setTimeout } from 'node:timers/promises';

export const question = { name: 'said', input: { of: 'all' } } as const;

export function settingsOf(cachePrefix: string) {
  return { cachePrefix, secret: 'one secret for all', storeBudgetMs: 5000, leaseMs: 2000 } as const;
}

/** Waits until it is so. */
export async function eventually(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await setTimeout(10);
}

/** All values of a stream, once it has ended. */
export async function allOf<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}
