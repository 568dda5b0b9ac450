/** Names of requests that were not served have a tenth of the room. */
import { describe, expect, it } from 'vitest';
import {
  answered,
  type EventOf,
  facts,
  hit,
  providerAnswer,
} from '../../../../../test/support/ledger-events.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { flatPricing } from '../pricing/flat-rate.ts';
import { type AccountsOptions, openAccounts } from './accounts.ts';

function open(limits: AccountsOptions['limits'] = {}) {
  const clock = fakeClock();
  const accounts = openAccounts({ clock, pricing: async () => flatPricing, keepsText: true, limits });
  const enter = async (...events: readonly ObservedEvent[]) => {
    for (const event of events) accounts.observe(event);
    await accounts.drain();
    return accounts.take();
  };
  return { clock, accounts, enter };
}

/** The events of a request that the provider refuses. */
function refused(each: number, status = 401): readonly ObservedEvent[] {
  const of = { subject: `model ${each}`, tenantDigest: `tenant ${each}`, tagNames: [`tag ${each}`] };
  return [
    { ...facts, ...of, type: 'miss', reason: 'absent', durationMs: 1, keyMs: 1, storeMs: 0 },
    providerAnswer({ ...of, status }),
    { ...facts, ...of, type: 'refused', reason: 'error' },
    answered({ ...of, status }),
  ];
}

const failure: EventOf<'provider-failure'> = {
  ...facts,
  type: 'provider-failure',
  cause: 'leader',
  code: 'provider_timeout',
  durationMs: 1,
};

function many<Value>(count: number, make: (each: number) => Value): readonly Value[] {
  return Array.from({ length: count }, (_none, each) => make(each));
}

const other = { subject: 'new-model', tenantDigest: 'new-tenant', tagNames: ['new-tag'] };

describe('names of requests that a provider refuses', () => {
  it('leave the bounds to those that it serves, in counters, tags and totals', async () => {
    const { accounts, enter } = open();
    const refusals = await enter(...many(1200, refused).flat());
    const distinct = (values: readonly string[]) => new Set(values).size;
    expect(distinct(refusals.counters.map(({ dimensions }) => dimensions.model))).toBe(51);
    expect(distinct(refusals.counters.map(({ dimensions }) => dimensions.tenant))).toBe(101);
    expect(refusals.tags).toHaveLength(51);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(sum(refusals.counters.map(({ counts }) => counts.errors))).toBe(1200);
    expect(sum(refusals.tags.map(({ requests }) => requests))).toBe(1200);
    const names = (each: number) => ({
      subject: `m${each}`,
      tenantDigest: `t${each}`,
      tagNames: [`g${each}`],
    });
    const { counters, tags } = await enter(...many(90, (each) => hit(names(each))));
    expect(counters.map(({ dimensions }) => dimensions.tenant)).toEqual(many(90, (each) => `t${each}`));
    expect(counters.map(({ dimensions }) => dimensions.model)).toEqual(many(90, (each) => `m${each}`));
    expect(tags.map(({ tag }) => tag)).toEqual(many(90, (each) => `g${each}`));
    const { tenants, models, counts } = accounts.totals();
    expect([tenants.size, models.size, counts.errors]).toEqual([101, 101, 1200]);
    expect([tenants.get('t89')?.hits, models.get('m89')?.hits]).toEqual([1, 1]);
  });

  it('leave the sets of a bucket to those that it serves', async () => {
    const { enter } = open({ sets: 100 });
    const of = (each: number) => ({ subject: `m${each % 50}`, tenantDigest: `t${each % 60}` });
    const { counters } = await enter(...many(200, (each) => providerAnswer({ ...of(each), status: 401 })));
    expect(counters).toHaveLength(11);
    expect((await enter(...many(90, (each) => hit({ category: `c${each}` })))).counters).toHaveLength(90);
  });

  it('are named as long as there is room, so that a failing model is known', async () => {
    const { accounts, enter } = open();
    const { counters } = await enter(failure);
    expect(counters[0]?.dimensions).toMatchObject({ model: 'gpt-4o', tenant: 'tenant-1' });
    expect(accounts.totals().models.get('gpt-4o')?.errors).toBe(1);
  });

  it.each<[string, ObservedEvent]>([
    ['a hit', hit(other)],
    ['a stored answer', { ...facts, ...other, type: 'stored', bytes: 1, storeMs: 1 }],
    ['an answer of the provider', providerAnswer(other)],
    ['the end of a request that was answered', answered(other)],
    ['the end of a follower', answered({ ...other, by: 'flight' })],
  ])('have room of their own once one of them is served, by %s', async (_what, served) => {
    const { enter } = open();
    await enter(...many(200, refused).flat());
    const model = async (event: ObservedEvent) => (await enter(event)).counters[0]?.dimensions.model;
    expect(await model({ ...failure, ...other })).toBe('other');
    expect(await model(served)).toBe('new-model');
    expect(await model({ ...failure, ...other })).toBe('new-model');
  });

  it.each<[string, ObservedEvent]>([
    ['an error of the provider', providerAnswer({ ...other, status: 403 })],
    ['the end of a request that was answered with an error', answered({ ...other, status: 429 })],
    ['an answer of the settings, as the provider failed', answered({ ...other, by: 'fallback' })],
    ['a bypass', { ...facts, ...other, key: undefined, type: 'bypass', reason: 'sensitive' }],
  ])('have no more room by %s', async (_what, event) => {
    const { enter } = open();
    await enter(...many(200, refused).flat());
    expect((await enter(event)).counters[0]?.dimensions.model).toBe('other');
    expect((await enter({ ...failure, ...other })).counters[0]?.dimensions.model).toBe('other');
  });

  it('are those of the day before if these were served, while a provider is down', async () => {
    const { clock, enter } = open();
    await enter(hit(other));
    clock.advance(24 * 3_600_000);
    await enter(...many(200, refused).flat());
    expect((await enter({ ...failure, ...other })).counters[0]?.dimensions.model).toBe('new-model');
  });

  it('have room among tags once the call of a bypass is answered', async () => {
    const { enter } = open();
    await enter(...many(200, refused).flat());
    const bypass: ObservedEvent = { ...facts, ...other, key: undefined, type: 'bypass', reason: 'sensitive' };
    const tags = async (...events: readonly ObservedEvent[]) =>
      (await enter(...events)).tags.map(({ tag }) => tag);
    expect(await tags(bypass, providerAnswer({ ...other, cause: 'bypass' }))).toEqual(['other']);
    expect(await tags(bypass)).toEqual(['new-tag']);
  });
});
