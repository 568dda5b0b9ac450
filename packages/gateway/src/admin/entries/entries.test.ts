import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayForTest, json } from '../../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../../test/support/remembering-provider.ts';
import type { GatewaySettingsInput } from '../../index.ts';
import { listRoute } from './list.ts';
import { oneRoute } from './one.ts';

const adminKey = 'the-key-of-all-admin-calls';
const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const page = z.object({
  entries: z.array(z.looseObject({ key: z.string(), state: z.string() })),
  cursor: z.string().optional(),
});

async function started(settings: GatewaySettingsInput = {}) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('The answer.') }));
  const gateway = await gatewayForTest(provider.url, { adminKey, ...settings });
  async function get(path: string, key = adminKey) {
    const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${key}` } });
    const body: unknown = await response.json();
    return { status: response.status, body };
  }
  async function ask(question: string, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: chatRequest(question),
    });
    await response.text();
    return response.headers.get('askonce-key') ?? '';
  }
  async function list(query: string) {
    const { status, body } = await get(`/cache/entries${query}`);
    expect([status, body]).toEqual([200, listRoute.answer.parse(body)]);
    return page.parse(body);
  }
  const keys = async (query: string) => (await list(query)).entries.map(({ key }) => key);
  const read = async (key: string) => await get(`/cache/entries/${encodeURIComponent(key)}`);
  return { gateway, get, ask, list, keys, read };
}

describe('the list of entries', () => {
  it('the pages of the list have every entry once, and the last has no cursor', async () => {
    const { ask, list, keys } = await started();
    const asked: string[] = [];
    for (const n of Array.from({ length: 7 }, (_none, index) => index)) asked.push(await ask(`q${n}`));
    expect((await keys('')).toSorted()).toEqual(asked.toSorted());
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const one = await list(`?limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      expect(one.entries.length).toBeLessThanOrEqual(3);
      found.push(...one.entries.map(({ key }) => key));
      cursor = one.cursor;
      pages += 1;
    } while (cursor !== undefined && pages < 20);
    expect(found.toSorted()).toEqual(asked.toSorted());
    expect(pages).toBeGreaterThanOrEqual(3);
  });

  it('each filter of the list leaves out what it does not mean', async () => {
    const { ask, keys } = await started();
    const one = await ask('a', {
      'askonce-category': 'Pricing',
      'askonce-tags': 'team=support',
      'askonce-language': 'pt-BR',
      'askonce-user': 'ada',
      'askonce-session': 's1',
    });
    const other = await ask('b', { 'askonce-tags': 'team=sales' });
    await ask('a', {
      'askonce-category': 'Pricing',
      'askonce-tags': 'team=support',
      'askonce-language': 'pt-BR',
      'askonce-user': 'ada',
      'askonce-session': 's1',
    });
    const both = [one, other].toSorted();
    for (const query of [
      'category=pricing',
      'language=pt-br',
      'tag=team%3Dsupport',
      'user=ada',
      'session=s1',
      'hitsFrom=1',
    ])
      expect([query, await keys(`?${query}`)]).toEqual([query, [one]]);
    for (const query of [
      'model=gpt-4o',
      'state=fresh',
      'tag=team%3Dsupport&tag=team%3Dsales',
      'pattern=*',
      'createdFrom=2001-01-01',
      'protocol=openai-chat',
      'hitsTo=5',
      'category=',
    ])
      expect([query, (await keys(`?${query}`)).toSorted()]).toEqual([query, both]);
    for (const query of [
      'state=stale',
      'model=x',
      'provider=x',
      'protocol=x',
      'tenant=x',
      'createdTo=2001-01-01T00:00:00Z',
      'hitsFrom=9',
      'pattern=x',
      'tag=team',
    ])
      expect([query, await keys(`?${query}`)]).toEqual([query, []]);
  });

  it('the list has neither text nor names of people, nor values of tags', async () => {
    const { ask, list } = await started();
    await ask('a secret question', {
      'askonce-user': 'ada.lovelace',
      'askonce-session': 'session-of-ada',
      'askonce-tenant': 'acme-and-sons',
      'askonce-tags': 'customer=babbage',
    });
    const text = JSON.stringify(await list(''));
    expect(text).toContain('"tagNames":["customer"]');
    expect(text).not.toMatch(/secret|lovelace|session-of|acme|babbage|The answer/);
  });

  it('a cursor that was altered, or belongs to other filters or another gateway, is a 400', async () => {
    const { ask, list, get } = await started();
    for (const question of ['a', 'b', 'c']) await ask(question);
    const { cursor = '' } = await list('?limit=1');
    expect(cursor).not.toBe('');
    const elsewhere = await started();
    for (const question of ['a', 'b', 'c']) await elsewhere.ask(question);
    const foreign = (await elsewhere.list('?limit=1')).cursor ?? '';
    const bytes = Buffer.from(cursor, 'base64url');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const altered = bytes.toString('base64url');
    const queries = [
      `cursor=${altered}`,
      `cursor=${foreign}`,
      `cursor=${cursor}&model=gpt-4o`,
      'cursor=x',
      'cursor=%00',
      `cursor=${'a'.repeat(8192)}`,
    ];
    for (const query of queries) {
      const { status, body } = await get(`/cache/entries?${query}`);
      expect([query, status, failure.parse(body).error.code]).toEqual([query, 400, 'invalid_request']);
    }
    expect((await list(`?limit=2&cursor=${cursor}`)).entries.length).toBe(2);
  });

  it('entries that were invalidated are neither listed nor shown', async () => {
    const { gateway, ask, keys, read } = await started();
    const gone = await ask('a', { 'askonce-tags': 'x=1' });
    const stays = await ask('b');
    const response = await fetch(`${gateway.url}/cache/invalidate`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${adminKey}` },
      body: JSON.stringify({ tags: 'x=1' }),
    });
    expect(await response.json()).toEqual({ removed: 1 });
    expect(await keys('')).toEqual([stays]);
    expect((await read(gone)).status).toBe(404);
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'state=old',
    'order=hits',
    'createdFrom=yesterday',
    'hitsFrom=-1',
    'tag=',
  ])('a list with %s is a 400', async (query) => {
    const { get } = await started();
    expect((await get(`/cache/entries?${query}`)).status).toBe(400);
  });
});

describe('one entry', () => {
  it('an entry is shown by its key with question and answer, where text is stored', async () => {
    const { ask, read } = await started();
    const key = await ask('What is a lease?', {
      'askonce-tags': 'team=support',
      'askonce-user': 'ada.lovelace',
    });
    const { status, body } = await read(key);
    expect([status, body]).toEqual([200, oneRoute.answer.parse(body)]);
    expect(body).toMatchObject({
      key,
      tags: ['team=support'],
      state: 'fresh',
      form: 'body',
      served: { now: true, reason: 'It is fresh.' },
      question: { text: expect.stringMatching(/lease/i), truncated: false },
      answer: { text: chatAnswer('The answer.'), truncated: false },
    });
    expect(JSON.stringify(body)).not.toContain('lovelace');
  });

  it('an entry has no text where text is not stored', async () => {
    const { ask, read } = await started({ keepText: false });
    const { status, body } = await read(await ask('What is a lease?'));
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toMatch(/lease\?|The answer/);
  });

  it('an operator sees no engine version and no prompt hash, and cannot filter by user', async () => {
    const operator = 'the-key-of-an-operator';
    const { ask, get } = await started({
      engineVersion: 'engine-7',
      adminKeys: [{ name: 'olga', role: 'operator', key: operator }],
    });
    const key = await ask('What is a lease?');
    const path = `/cache/entries/${encodeURIComponent(key)}`;
    expect((await get(path)).body).toMatchObject({ engineVersion: 'engine-7' });
    expect(JSON.stringify((await get(path, operator)).body)).not.toContain('engine');
    for (const query of ['user=ada', 'session=s', 'tag=user%3Dada', 'tag=a%3Db&tag=session%3Ds']) {
      expect([query, (await get(`/cache/entries?${query}`, operator)).status]).toEqual([query, 403]);
      expect([query, (await get(`/cache/entries?${query}`)).status]).toEqual([query, 200]);
    }
  });

  it('a viewer sees the figures of an entry without its text and the values of its tags, and cannot filter by them', async () => {
    const viewer = 'the-key-of-a-viewer';
    const { ask, get, list } = await started({
      adminKeys: [{ name: 'vera', role: 'viewer', key: viewer }],
    });
    const key = await ask('What is a lease?', { 'askonce-tags': 'team=babbage' });
    expect(await get('/cache/entries', viewer)).toEqual({ status: 200, body: await list('') });
    const { status, body } = await get(`/cache/entries/${encodeURIComponent(key)}`, viewer);
    expect([status, body]).toEqual([200, oneRoute.answer.parse(body)]);
    expect(body).toMatchObject({ key, tagNames: ['team'], finish: 'stop' });
    expect(JSON.stringify(body)).not.toMatch(/lease|babbage|The answer/);
    expect((await get('/cache/entries?tag=team%3Dbabbage', viewer)).status).toBe(403);
    expect((await get('/cache/entries?tag=team%3Dbabbage')).status).toBe(200);
  });

  it.each(['engine=engine-7', 'engine=other', 'prompt=0123456789'])(
    'neither a list nor an invalidation by the tag %s is for operators',
    async (tag) => {
      const operator = 'the-key-of-an-operator';
      const { gateway, ask, get } = await started({
        engineVersion: 'engine-7',
        promptHash: '0123456789',
        adminKeys: [{ name: 'olga', role: 'operator', key: operator }],
      });
      await ask('What is a lease?');
      const invalidate = async (key: string, body: unknown) => {
        const response = await fetch(`${gateway.url}/cache/invalidate`, {
          method: 'POST',
          headers: { ...json, authorization: `Bearer ${key}` },
          body: JSON.stringify(body),
        });
        return { status: response.status, challenge: response.headers.get('www-authenticate') };
      };
      const query = `tag=team%3Dsupport&tag=${encodeURIComponent(tag)}`;
      expect((await get(`/cache/entries?${query}`, operator)).status).toBe(403);
      expect((await get(`/cache/entries?${query}`)).status).toBe(200);
      for (const body of [{ tags: tag, dryRun: true }, { tags: ['a=b', tag] }]) {
        const refused = await invalidate(operator, body);
        expect(refused).toEqual({ status: 403, challenge: 'Bearer error="insufficient_scope"' });
        expect((await invalidate(adminKey, body)).status).toBe(200);
      }
    },
  );

  it('looking at entries counts neither as a hit nor as a miss', async () => {
    const { ask, read, list, get } = await started();
    const key = await ask('What is a lease?');
    const before = await get('/cache/stats');
    await list('');
    await read(key);
    expect(z.object({ hits: z.literal(0).optional() }).safeParse((await read(key)).body).success).toBe(true);
    const figures = z.object({ store: z.object({ hits: z.number(), misses: z.number() }) });
    expect(figures.parse((await get('/cache/stats')).body)).toEqual(figures.parse(before.body));
  });

  it.each(['unknown', 'askonce:v1:a:b:{c}', '%E2%82%AC'])('the key %s is a 404', async (key) => {
    const { get } = await started();
    const { status, body } = await get(`/cache/entries/${key}`);
    expect([status, failure.parse(body).error.code]).toEqual([404, 'entry_unknown']);
  });
});
