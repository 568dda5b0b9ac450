import { expect, it, vi } from 'vitest';
import { eventually, pgvectorSetUp } from '../../../../../test/support/pgvector-set-up.ts';

vi.mock('pg', () => {
  throw new Error("Cannot find package 'pg'");
});

it('an index in PostgreSQL without the package pg finds nothing, and says what to install', async () => {
  const { open, erase } = pgvectorSetUp({ url: 'postgresql://127.0.0.1/cache' });
  const { indexes, found } = open();
  await eventually(() => indexes.progress().trouble !== undefined);
  expect(indexes.progress().trouble).toContain('npm install pg');
  expect(await found(0)).toEqual([]);
  await expect(erase(['a'])).rejects.toMatchObject({ code: 'invalidation_failed' });
});
