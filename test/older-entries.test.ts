/**
 * Entries that were written before stay readable: `support/older-entries.json` has some as the code before the change of
 * layout encoded them, in each way that a store encodes. A change that breaks this raises the major of the schema.
 */
import { type CacheRequest, createCache, keyRing } from 'askonce';
import { describe, expect, it } from 'vitest';
import { decodeEntry } from '../packages/askonce/src/entry/codec.ts';
import { entrySchemaVersion } from '../packages/askonce/src/entry/entry.ts';
import older from './support/older-entries.json' with { type: 'json' };

const keys = keyRing([`2026a:${Buffer.alloc(32, 7).toString('base64')}`]);

const base = {
  protocol: 'openai-chat',
  upstream: 'https://api.openai.com/v1',
  route: '/chat/completions',
  query: '',
  headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
  directives: {},
} as const;

/** The requests that the older entries answer. */
const requests: Readonly<Record<'body' | 'stream', CacheRequest>> = {
  body: {
    ...base,
    body: asking('¿Está abierta la tienda el domingo?', { temperature: 0.7, seed: 7 }),
    context: {
      tenant: 'acme',
      user: 'ada',
      session: 's-1',
      category: 'pricing',
      tags: ['team=search'],
      template: { id: 't', version: '3' },
      confidence: 0.9,
    },
  },
  stream: {
    ...base,
    body: asking('Is the shop open on Sunday?', { stream: true }),
    context: { language: 'pt-BR' },
  },
};

function asking(content: string, more: object): string {
  return JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }], ...more });
}

const kindOf = (name: string) => (name.endsWith('body') ? 'body' : 'stream');

describe('entries that were written before', () => {
  it('the major of the schema of entries is still 1', () => {
    expect(entrySchemaVersion).toBe(1);
  });

  it.each(older.encoded)(
    '$name that was encoded before decodes to the same metadata and text',
    async ({ name, key, bytes }) => {
      const entry = await decodeEntry(
        key,
        Buffer.from(bytes, 'base64'),
        name.includes('encrypted') ? keys : undefined,
      );
      const kind = kindOf(name);
      expect(entry?.meta).toEqual(older[kind]);
      expect(entry?.recording).toMatchObject({
        status: 200,
        form: kind,
        headers: { 'openai-version': '2020-10-01' },
      });
      const text = Buffer.from(entry?.recording.body ?? []).toString();
      expect(text).toContain(kind === 'body' ? 'Sí, de diez a dos.' : 'data: [DONE]');
      expect(entry?.recording.events?.ends.length).toBe(kind === 'body' ? undefined : 3);
    },
  );

  it.each(older.encoded)('the request of $name has the key that it had before', async ({ name, key }) => {
    const cache = createCache({ settings: { secret: 'a long secret of sixteen' } });
    expect(await cache.explain(requests[kindOf(name)])).toMatchObject({ kind: 'miss', key });
    await cache.close();
  });
});
