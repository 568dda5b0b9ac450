import { once } from 'node:events';
import { createServer } from 'node:http';
import { AskonceError, type Cache } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accessByKey } from '../../../../test/support/admin-access.ts';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import { createLog } from '../log/log.ts';
import { unreported } from '../metrics/replies.ts';
import { traffic } from '../proxy/context.ts';
import { peerAddress } from '../security/client-address.ts';
import { auditing } from './audit.ts';
import { feedbackCalls } from './feedback.ts';
import type { Listener } from './route.ts';

const key = 'the-key-of-all-admin-calls';
type Given = Parameters<Cache['feedback']>[0];

/** A server with feedback alone, over a cache that knows one hit, of one credential. */
async function serving(listener: Listener, adminKey: string | null = key) {
  const clock = fakeClock();
  const log = createLog({ level: 'silent', bodies: false, clock });
  const given: Given[] = [];
  const cache = {
    async feedback(feedback: Given) {
      given.push(feedback);
      if (feedback.match !== 'm-1') throw new AskonceError('match_unknown', 'No such hit.');
      if (feedback.headers !== undefined && feedback.headers['authorization'] !== 'Bearer sk-ada')
        throw new AskonceError('feedback_forbidden', 'Another credential.');
      return { blocked: feedback.verdict === 'wrong' };
    },
  };
  const proxy = { log, clock, replies: unreported, traffic: traffic(), requestTimeoutMs: 1000 };
  const access = adminKey === null ? undefined : accessByKey(adminKey, clock);
  const server = createServer(
    feedbackCalls({ cache, access, clientAddress: peerAddress, audit: auditing(log), proxy })(listener),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    given,
    clock,
    async send(body: unknown, headers: Readonly<Record<string, string>> = {}, method = 'POST') {
      const response = await fetch(`http://127.0.0.1:${port}/cache/feedback`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        body: method === 'POST' ? JSON.stringify(body) : null,
      });
      const answer: unknown = await response.json();
      return { status: response.status, answer, headers: response.headers };
    },
  };
}

const ada = { authorization: 'Bearer sk-ada' };
const admin = { authorization: `Bearer ${key}` };
const wrong = { match: 'm-1', verdict: 'wrong' };
const failure = (code: string) => ({ error: { code } });

describe('feedback on the main port', () => {
  it('the credential that got the hit is heard, and every other is refused', async () => {
    const { send, given } = await serving('public');
    expect(await send(wrong, ada)).toMatchObject({ status: 200, answer: { blocked: true } });
    expect(await send({ match: 'm-1', verdict: 'right' }, ada)).toMatchObject({
      status: 200,
      answer: { blocked: false },
    });
    expect(await send(wrong, { authorization: 'Bearer sk-eve' })).toMatchObject({
      status: 403,
      answer: failure('feedback_forbidden'),
    });
    const anonymous = await send(wrong);
    expect(anonymous).toMatchObject({ status: 401, answer: failure('feedback_unauthorized') });
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer');
    expect(await send({ ...wrong, match: 'm-2' }, ada)).toMatchObject({
      status: 404,
      answer: failure('match_unknown'),
    });
    expect(given[0]).toMatchObject({ ...wrong, headers: ada });
  });

  it('the admin key speaks for every credential on loopback, and for none beyond this machine', async () => {
    const loopback = await serving('loopback');
    expect(await loopback.send(wrong, admin)).toMatchObject({ status: 200 });
    expect(loopback.given).toEqual([{ ...wrong, headers: undefined }]);
    const beyond = await serving('public');
    expect(await beyond.send(wrong, admin)).toMatchObject({ status: 403 });
  });

  it.each([
    [{}],
    [{ match: 'm-1' }],
    [{ match: 'm-1', verdict: 'bad' }],
    [{ match: 'a b', verdict: 'wrong' }],
    [{ match: 7, verdict: 'wrong' }],
    [{ ...wrong, more: 1 }],
    [[]],
  ])('the feedback %j is refused, and the cache does not hear of it', async (body) => {
    const { send, given } = await serving('public');
    expect(await send(body, ada)).toMatchObject({ status: 400, answer: failure('invalid_feedback') });
    expect(given).toEqual([]);
  });

  it('only POST is allowed, and only JSON', async () => {
    const { send } = await serving('public');
    const got = await send(undefined, ada, 'GET');
    expect(got).toMatchObject({ status: 405, answer: failure('method_not_allowed') });
    expect(got.headers.get('allow')).toBe('POST');
    expect(await send(wrong, { ...ada, 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  });

  it('an address may send twenty at once, and then ten a second', async () => {
    const { send, clock, given } = await serving('public');
    for (let times = 0; times < 20; times += 1) expect((await send(wrong, ada)).status).toBe(200);
    const late = await send(wrong, ada);
    expect(late).toMatchObject({ status: 429, answer: failure('feedback_limited') });
    expect(late.headers.get('retry-after')).toBe('1');
    clock.advance(100);
    expect((await send(wrong, ada)).status).toBe(200);
    expect((await send(wrong, ada)).status).toBe(429);
    expect(given).toHaveLength(21);
  });
});

it('feedback at the address of the admin calls needs the admin key', async () => {
  const { send } = await serving('admin');
  expect(await send(wrong, ada)).toMatchObject({ status: 401, answer: failure('feedback_unauthorized') });
  expect(await send(wrong, admin)).toMatchObject({ status: 200 });
  const without = await serving('admin', null);
  expect(await without.send(wrong, admin)).toMatchObject({ status: 401 });
});

it('a gateway takes feedback with and without admin calls, and other calls below /cache/ stay unknown', async () => {
  const gateway = await gatewayForTest('http://127.0.0.1:9');
  const answered = await gateway.ask('/cache/feedback', JSON.stringify({ match: 'none', verdict: 'wrong' }));
  expect([answered.status, JSON.parse(answered.body.toString())]).toMatchObject([
    404,
    failure('match_unknown'),
  ]);
  expect(await gateway.ask('/cache/feedbacks', '{}')).toMatchObject({ status: 404 });
  expect((await gateway.ask('/cache/stats', '{}')).body.toString()).toContain('route_unknown');
});
