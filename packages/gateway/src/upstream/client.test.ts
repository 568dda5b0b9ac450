import { closedPort } from 'askonce/testing';
import { afterAll, expect, it, vi } from 'vitest';
import { createUpstreamClient } from './client.ts';

// As where files can no longer be opened, which is when connections fail, too.
vi.mock('cockatiel', () => {
  throw new Error('EMFILE: too many open files');
});

const client = createUpstreamClient({
  connectTimeoutMs: 1_000,
  firstByteTimeoutMs: 1_000,
  betweenBytesTimeoutMs: 1_000,
  connectRetries: 3,
});
afterAll(() => client.close());

it('a connection that cannot be tried again is reported as what it is', async () => {
  const origin = `http://127.0.0.1:${await closedPort()}`;
  const request = { origin, path: '/', method: 'POST', headers: {}, body: '{}' };
  await expect(client.send(request)).rejects.toMatchObject({ code: 'provider_unreachable' });
  await expect(client.sendPushed(request)).rejects.toMatchObject({ code: 'provider_unreachable' });
});
