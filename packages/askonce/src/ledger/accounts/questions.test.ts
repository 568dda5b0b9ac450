import { describe, expect, it } from 'vitest';
import { type EventOf, facts, hit } from '../../../../../test/support/ledger-events.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import { flatPricing } from '../pricing/flat-rate.ts';
import { openAccounts } from './accounts.ts';

const key = 'key-1';

function open(keepsText = true) {
  const clock = fakeClock();
  const accounts = openAccounts({ clock, pricing: async () => flatPricing, keepsText });
  const taken = async () => {
    await accounts.drain();
    return accounts.take().patterns;
  };
  return { clock, accounts, taken };
}

const stored = (more: Partial<EventOf<'stored'>> = {}): EventOf<'stored'> => ({
  ...facts,
  key,
  type: 'stored',
  bytes: 100,
  storeMs: 0.1,
  model: 'gpt-4o-2024-08-06',
  ...more,
});

const question = sampleEntry({
  key,
  semanticText: 'How do I cancel?',
  language: 'en',
  category: 'billing',
  tags: ['endpoint=/chat/completions', 'user=alice', 'lang=en'],
  tagDigests: ['d1', 'digest-of-alice', 'd3', 'digest of a follower'],
});

describe('questions', () => {
  it('have the text, language and user of the entry, and the tenant and the asked model of its event', async () => {
    const { accounts, clock, taken } = open();
    accounts.observe(stored({ tenantDigest: 'tenant-1', userDigest: 'digest-of-alice' }));
    accounts.stored(question);
    expect(await taken()).toEqual([
      {
        key,
        text: 'How do I cancel?',
        language: 'en',
        category: 'billing',
        model: 'gpt-4o',
        tenant: 'tenant-1',
        user: 'digest-of-alice',
        hits: 0,
        lastAsked: clock.now(),
        textAt: clock.now(),
      },
    ]);
  });

  it('have the instant at which text and user were reported, however late they are asked again', async () => {
    const { accounts, clock, taken } = open();
    const at = clock.now();
    accounts.observe(stored({ userDigest: 'digest-of-alice' }));
    accounts.stored(question);
    clock.advance(700);
    accounts.observe(hit({ key }));
    expect(await taken()).toMatchObject([{ textAt: at, lastAsked: at + 700, hits: 1 }]);
    accounts.observe(hit({ key }));
    const [change] = await taken();
    expect(change?.textAt).toBe(undefined);
  });

  it('have the user with the text, even if the event comes with a later take', async () => {
    const { accounts } = open();
    accounts.observe(stored({ userDigest: 'digest-of-alice' }));
    accounts.stored(question);
    const [early] = accounts.take().patterns;
    expect(early).toMatchObject({ text: 'How do I cancel?', user: 'digest-of-alice', tenant: '' });
    await accounts.drain();
    const [late] = accounts.take().patterns;
    expect(late).toMatchObject({ text: undefined, user: 'digest-of-alice', tenant: 'tenant-1' });
  });

  it('have no text if text is not kept', async () => {
    const { accounts, taken } = open(false);
    accounts.observe(stored());
    accounts.stored(question);
    expect(await taken()).toMatchObject([{ key, text: undefined, language: '' }]);
  });

  it('have no text if the entry has none', async () => {
    const { accounts, taken } = open();
    accounts.stored(sampleEntry({ key }));
    expect(await taken()).toEqual([]);
  });

  it('have at most 500 characters of their text, and none that a database refuses', async () => {
    const { accounts, taken } = open();
    accounts.stored(sampleEntry({ key, semanticText: `a\0b${'x'.repeat(100_000)}` }));
    const [{ text } = {}] = await taken();
    expect(text).toHaveLength(500);
    expect(text).toMatch(/^a\ufffdbx+$/);
  });

  it('count hits, and when they were last asked', async () => {
    const { accounts, clock, taken } = open();
    accounts.observe(hit({ key, language: 'de' }));
    clock.advance(10);
    accounts.observe(hit({ key }));
    const later = clock.now();
    clock.setNow(later - 5000);
    accounts.observe(hit({ key }));
    expect(await taken()).toMatchObject([
      { key, hits: 3, lastAsked: later, language: 'de', user: undefined },
    ]);
  });

  it('count a semantic hit for the entry that answered, and learn nothing of it from the request', async () => {
    const { accounts, taken } = open();
    accounts.observe(hit({ key: 'another', entry: key, kind: 'semantic', category: 'other-category' }));
    expect(await taken()).toMatchObject([{ key, hits: 1, category: '', tenant: '', model: '' }]);
  });

  it('are those of entries: a hit of a batch has no key', async () => {
    const { accounts, taken } = open();
    accounts.observe(hit({ key: undefined }));
    expect(await taken()).toEqual([]);
  });

  it('have a key that a database takes', async () => {
    const { accounts, taken } = open();
    accounts.observe(hit({ key: 'key\0with \ud83d' }));
    expect(await taken()).toMatchObject([{ key: 'key\ufffdwith \ufffd' }]);
  });
});
