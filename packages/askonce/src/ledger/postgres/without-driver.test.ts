import { expect, it, vi } from 'vitest';
import { postgresLedger } from './store.ts';

vi.mock('pg', () => {
  throw new Error("Cannot find package 'pg'");
});

it('a ledger in PostgreSQL without the package pg says what to install, when it is first used', async () => {
  const store = postgresLedger({ url: 'postgresql://127.0.0.1/cache' });
  await expect(store.size()).rejects.toMatchObject({
    code: 'invalid_settings',
    message: expect.stringContaining('npm install pg'),
  });
  await store.close();
  await expect(store.size()).rejects.toMatchObject({ code: 'closed' });
});
