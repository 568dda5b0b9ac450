/** What accounts hold is bounded, whatever the names and the number of requests. */
import { describe, expect, it } from 'vitest';
import { answered, type EventOf, facts, hit } from '../../../../../test/support/ledger-events.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { bucketMs, type Dimensions } from '../contract.ts';
import { flatPricing } from '../pricing/flat-rate.ts';
import { type AccountsOptions, openAccounts } from './accounts.ts';
import type { Gathered } from './books.ts';

const dayMs = 24 * 3_600_000;

function open(limits: AccountsOptions['limits'] = {}) {
  const clock = fakeClock();
  const accounts = openAccounts({ clock, pricing: async () => flatPricing, keepsText: true, limits });
  /** Observes a hit for each, and takes what was gathered. */
  const gather = async (hits: readonly EventOf<'hit'>[]) => {
    for (const each of hits) accounts.observe(each);
    await accounts.drain();
    return accounts.take();
  };
  return { clock, accounts, gather };
}

function times<Value>(count: number, make: (index: number) => Value): readonly Value[] {
  return Array.from({ length: count }, (_none, index) => make(index));
}

const hitsIn = ({ counters }: Gathered) => counters.reduce((sum, { counts }) => sum + counts.hits, 0);

const dimensions: readonly [keyof Dimensions, number, (name: string) => EventOf<'hit'>][] = [
  ['provider', 200, (name) => hit({ provider: name })],
  ['protocol', 50, (name) => hit({ protocol: name })],
  ['model', 500, (name) => hit({ subject: name })],
  ['language', 200, (name) => hit({ language: name })],
  ['category', 200, (name) => hit({ category: name })],
  ['template', 500, (name) => hit({ template: name })],
  ['tenant', 1000, (name) => hit({ tenantDigest: name })],
];

describe('accounts are bounded', () => {
  it.each(dimensions)('in the names of a %s: %i a day, then `other`', async (dimension, most, named) => {
    const { clock, gather } = open();
    const namesIn = ({ counters }: Gathered) => new Set(counters.map((one) => one.dimensions[dimension]));
    const first = await gather(times(most + 50, (each) => named(`name ${each}`)));
    expect(namesIn(first).size).toBe(most + 1);
    expect(namesIn(first)).toContain('other');
    expect(hitsIn(first)).toBe(most + 50);
    // Over all takes of a day; the next starts anew.
    expect(namesIn(await gather([named('one more')]))).toEqual(new Set(['other']));
    expect(namesIn(await gather([named('name 1')]))).toEqual(new Set(['name 1']));
    clock.advance(dayMs);
    expect(namesIn(await gather([named('one more')]))).toEqual(new Set(['one more']));
  });

  it('in the length of a name', async () => {
    const { gather } = open();
    const long = 'x'.repeat(100_000);
    const taken = await gather([
      hit({ subject: long, category: long, template: long, language: long, tagNames: [long] }),
    ]);
    const short = 'x'.repeat(200);
    const [counter] = taken.counters;
    expect(counter?.dimensions).toMatchObject({
      model: short,
      category: short,
      template: short,
      language: short,
    });
    expect(taken.tags[0]?.tag).toBe(short);
  });

  it('in the names of tags: 500 a day, then `other`', async () => {
    const { clock, gather } = open();
    const { tags } = await gather(times(600, (each) => hit({ tagNames: [`tag ${each}`] })));
    expect(tags).toHaveLength(501);
    expect(tags.find(({ tag }) => tag === 'other')).toMatchObject({ requests: 100, hits: 100 });
    expect((await gather([hit({ tagNames: ['one more'] })])).tags).toMatchObject([{ tag: 'other' }]);
    clock.advance(dayMs);
    expect((await gather([hit({ tagNames: ['one more'] })])).tags).toMatchObject([{ tag: 'one more' }]);
  });

  it('in counters: further sets of dimensions are one for each bucket, and no hit is lost', async () => {
    const { clock, accounts } = open({ counters: 10 });
    for (let bucket = 0; bucket < 3; bucket++) {
      for (let each = 0; each < 50; each++) accounts.observe(hit({ subject: `model ${each}` }));
      clock.advance(bucketMs);
    }
    await accounts.drain();
    const taken = accounts.take();
    expect(taken.counters).toHaveLength(10 + 3);
    expect(hitsIn(taken)).toBe(150);
    const other = taken.counters.filter((one) => one.dimensions.provider === 'other');
    expect(other.map(({ counts }) => counts.hits)).toEqual([40, 50, 50]);
    // A take makes room.
    accounts.observe(hit({ subject: 'model 49' }));
    await accounts.drain();
    expect(accounts.take().counters[0]?.dimensions.model).toBe('model 49');
  });

  it('in the sets of dimensions of a bucket, over all its takes: one caller cannot fill the store', async () => {
    const { clock, gather } = open({ sets: 10 });
    const all = times(15, (each) => hit({ subject: `model ${each}` }));
    const namesIn = ({ counters }: Gathered) => counters.map((one) => one.dimensions.model);
    const first = await gather(all);
    expect(namesIn(first)).toEqual([...times(10, (each) => `model ${each}`), 'other']);
    expect(hitsIn(first)).toBe(15);
    expect(namesIn(await gather(all.slice(5)))).toEqual([
      ...times(5, (each) => `model ${each + 5}`),
      'other',
    ]);
    clock.advance(bucketMs);
    expect(namesIn(await gather(all.slice(5)))).toEqual(times(10, (each) => `model ${each + 5}`));
  });

  it('in what waits while nothing takes it for days, and neither a hit nor a tag is lost', async () => {
    const { clock, accounts } = open({ counters: 10, tagChanges: 10, otherBuckets: 20 });
    const days = 5;
    for (let bucket = 0; bucket < days * 96; bucket++) {
      for (let each = 0; each < 3; each++)
        accounts.observe(hit({ subject: `model ${each}`, tagNames: [`tag ${each}`] }));
      await accounts.drain();
      clock.advance(bucketMs);
    }
    // The clock goes back to a bucket that is merged.
    clock.setNow(clock.now() - 3 * dayMs);
    accounts.observe(hit({ tagNames: ['tag 1'] }));
    await accounts.drain();
    const taken = accounts.take();
    expect(taken.counters.length).toBeLessThanOrEqual(30);
    expect(hitsIn(taken)).toBe(days * 96 * 3 + 1);
    const durations = taken.counters.flatMap(({ hitDurations }) => [...hitDurations]);
    expect(durations.reduce((sum, count) => sum + count, 0)).toBe(days * 96 * 3 + 1);
    expect(taken.tags.length).toBeLessThanOrEqual(30);
    expect(taken.tags.reduce((sum, { hits }) => sum + hits, 0)).toBe(days * 96 * 3 + 1);
    expect(taken.tags.reduce((sum, { savedNano }) => sum + savedNano, 0)).toBe(
      (days * 96 * 3 + 1) * 2_000_000,
    );
  });

  it('in what is found fast: more sets of dimensions than that are counted all the same', async () => {
    const { gather } = open();
    const all = times(3000, (each) =>
      hit({ subject: `model ${each % 60}`, tenantDigest: `tenant ${Math.floor(each / 60)}` }),
    );
    const { counters } = await gather([...all, ...all]);
    expect(counters).toHaveLength(3000);
    const ids = new Set(counters.map((one) => Object.values(one.dimensions).join()));
    expect(ids.size).toBe(counters.length);
    expect(counters.every(({ counts }) => counts.hits === 2)).toBe(true);
  });

  it('in rows: further ones are lost, and counted', async () => {
    const { gather } = open({ rows: 10, rowsPerSecond: 1000 });
    const taken = await gather(times(25, () => hit()));
    expect(taken.rows).toHaveLength(10);
    expect(taken.lostRows).toBe(15);
    expect(hitsIn(taken)).toBe(25);
    expect((await gather([hit()])).lostRows).toBe(0);
  });

  it('in questions', async () => {
    const { gather } = open({ patterns: 10 });
    const { patterns } = await gather(times(25, (each) => hit({ key: `key ${each % 20}` })));
    expect(patterns.map(({ key, hits }) => [key, hits])).toEqual(
      times(10, (each) => [`key ${each}`, each < 5 ? 2 : 1]),
    );
  });

  it('in missed requests that are not answered: the oldest lose the reason that their rows show', async () => {
    const { accounts } = open({ openMisses: 2 });
    for (const requestId of ['1', '2', '3'])
      accounts.observe({
        ...facts,
        requestId,
        type: 'miss',
        reason: 'expired',
        durationMs: 1,
        keyMs: 1,
        storeMs: 0,
      });
    for (const requestId of ['1', '2', '3', '3']) accounts.observe(answered({ requestId }));
    await accounts.drain();
    // The second answer of one request is not of the miss before it.
    expect(accounts.take().rows.map(({ kind }) => kind)).toEqual(['', 'expired', 'expired', '']);
  });

  it('in the tenants of the totals: 100 since the start, then `other`', async () => {
    const { accounts, clock, gather } = open();
    await gather(times(150, (each) => hit({ tenantDigest: `tenant ${each}` })));
    clock.advance(dayMs);
    await gather(times(150, (each) => hit({ tenantDigest: `tenant ${each}` })));
    const { counts, tenants } = accounts.totals();
    expect(tenants.size).toBe(101);
    expect(tenants.get('tenant 7')?.hits).toBe(2);
    expect(tenants.get('other')?.hits).toBe(100);
    expect(counts.hits).toBe(300);
  });

  it('in the models of the totals: 100 since the start, then `other`', async () => {
    const { accounts, clock, gather } = open();
    await gather(times(150, (each) => hit({ subject: `model ${each}` })));
    clock.advance(dayMs);
    await gather(times(150, (each) => hit({ subject: `model ${each}` })));
    const { models } = accounts.totals();
    expect(models.size).toBe(101);
    expect(models.get('model 7')?.hits).toBe(2);
    expect(models.get('other')?.hits).toBe(100);
  });
});
