import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCache, keyRing } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import type { KeyRing } from 'askonce/store';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { chat, completion } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { saying } from './support/set-up-cache.ts';

const keys = { one: `one:${'1a'.repeat(32)}`, two: `two:${'2b'.repeat(32)}` };
const secret = 'a secret of tests, long enough';

/** What of a request or an answer must be readable nowhere. */
const readable = {
  question: 'Where is parcel zebra?',
  answer: 'Your parcel quokka is here.',
  model: 'gpt-wombat',
  user: 'user-okapi',
  session: 'session-tapir',
  tenant: 'tenant-lemur',
  tag: 'own=axolotl',
  category: 'category-ibis',
  template: 'template-gecko',
  credential: 'sk-puffin',
  upstream: 'provider.test',
  header: 'application/json',
} as const;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'askonce-sealed-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function setUp(encryption: KeyRing | undefined) {
  const store = await sqliteStore({ folder, encryption });
  const cache = createCache({ store, settings: { secret } });
  onTestFinished(() => cache.close());
  // A first lookup, so that the invalidation log has been read: an answer that begins earlier is not stored.
  await cache.get(request);
  return { cache, store };
}

const request = chat({
  question: readable.question,
  key: readable.credential,
  body: { model: readable.model, user: readable.user },
  context: {
    session: readable.session,
    tenant: readable.tenant,
    category: readable.category,
    template: { id: readable.template },
    tags: [readable.tag],
  },
});

let calls = 0;
async function ask({ cache }: Awaited<ReturnType<typeof setUp>>): Promise<string> {
  const reply = await cache.ask(request, (...asked) => {
    calls += 1;
    return saying(completion({ text: readable.answer }))(...asked);
  });
  expect(await textOf(reply)).toBe(completion({ text: readable.answer }));
  return reply.cacheStatus.kind;
}

/** All that lies in the folder: the database, its write-ahead log, its index. */
function files(): string {
  const names = readdirSync(folder);
  expect(names.some((name) => name.endsWith('-wal'))).toBe(true);
  return names.map((name) => readFileSync(join(folder, name)).toString('latin1')).join('\n');
}

const found = (text: string) =>
  Object.entries(readable).flatMap(([what, secret]) => (text.includes(secret) ? [what] : []));

it('nothing of a question, an answer or a caller is readable in the files of an encrypted store', async () => {
  const sealed = await setUp(keyRing([keys.one]));
  expect(await ask(sealed)).toBe('forward');
  await sealed.store.flush();
  expect(await ask(sealed)).toBe('hit');
  expect(files()).toContain('askonce:v1:');
  expect(found(files())).toEqual([]);
  const { tag, user, category } = readable;
  expect(await sealed.cache.invalidate({ tags: [tag], user: [user], category: [category] })).toBe(1);
  expect(await ask(sealed)).toBe('forward');
  await sealed.store.flush();
  expect(found(files())).toEqual([]);
});

it('without encryption the same texts are found in the files', async () => {
  const open = await setUp(undefined);
  await ask(open);
  await open.store.flush();
  expect(found(files())).toEqual(expect.arrayContaining(['question', 'answer', 'model', 'user', 'tag']));
});

it('an encrypted entry is served after a restart and a key rotation, and asked anew once its key is gone', async () => {
  const restarted = async (...ring: readonly string[]) => {
    const opened = await setUp(keyRing(ring));
    const before = calls;
    // The acceptance of the credential outlives the restart as a mark, which holds no more than a digest.
    await ask(opened);
    await opened.store.flush();
    const unreadable = opened.store.statistics().unreadable > 0;
    await opened.cache.close();
    return { asked: calls - before, unreadable };
  };
  expect(await restarted(keys.one)).toEqual({ asked: 1, unreadable: false });
  expect(await restarted(keys.one)).toEqual({ asked: 0, unreadable: false });
  expect(await restarted(keys.two, keys.one)).toEqual({ asked: 0, unreadable: false });
  expect(await restarted(keys.two)).toEqual({ asked: 1, unreadable: true });
  expect(await restarted(keys.two)).toEqual({ asked: 0, unreadable: false });
});

it('an answer stored in the clear is asked anew once encryption is on', async () => {
  const before = await setUp(undefined);
  await ask(before);
  await before.cache.close();
  const after = await setUp(keyRing([keys.one]));
  expect(await ask(after)).toBe('forward');
  await after.store.flush();
  expect(await ask(after)).toBe('hit');
});
